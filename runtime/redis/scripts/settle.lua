-- Commit and Release. KEYS: where the history is, the operation. ARGV: what the first lines read;
-- `prefix` is that of the counters: only the operation knows which, and all have the same hash tag.
local branch, known, now, to, actual, unit, grace, keep, prefix = unpack(ARGV)
local MOST_HIGH, MOST_LOW = 9223372036, 854775807  -- of an int64

if not standing(branch, known) then return {'moved'} end
local function answer(word)
  return {word, format('%d', place)}
end

local operation = redis.call('GET', KEYS[2])
if not operation then return answer('unknown') end
local state, print_of, list, sequel, stamps =
  match(operation, '^(%a) %d+ (%S+) (%S*)\n([^\n]*)\n(.*)$')
if state ~= 'R' then
  local same = state == to and sequel == actual .. '/' .. unit
  -- Moved on, so that waiting for the replicas waits for something.
  if same then advance() end
  return answer(same and 'already' or 'conflict')
end
if actual ~= '' then
  local known_unit = false
  for of, of_unit in string.gmatch(sequel, '(%d) %x+ (%d+) %d+ %d+ %d+;') do
    if (of == '3' or of == '4') and of_unit == unit then known_unit = true end
  end
  if not known_unit then return answer('bad') end
end
local settled_at = now
now, grace = max(tonumber(now), floor_us), tonumber(grace)

local counters, changed = {}, {}
local function load(id)
  if not counters[id] then counters[id] = parse(redis.call('GET', prefix .. id)) end
  return counters[id]
end

local function erase(c, ends, amount)
  local from = 1
  while true do
    local other, held, after = match(c.entries, '^(%d+):(%d+),()', from)
    if not other or tonumber(other) > ends then return false end
    if tonumber(other) == ends and held == amount then
      c.entries = sub(c.entries, 1, from - 1) .. sub(c.entries, after)
      return true
    end
    from = after
  end
end

-- `ah`, `al` of what was taken stay taken.
local function giveback(c, amount, ah, al)
  local th, tl = split(amount)
  c.vh, c.vl = plus(c.vh, c.vl, ah, al)
  c.vh, c.vl = minus(c.vh, c.vl, th, tl)
  if not atmost(c.vh, c.vl, MOST_HIGH, MOST_LOW) then c.vh, c.vl = MOST_HIGH, MOST_LOW end
end

for of, id, of_unit, amount, token, born in
    string.gmatch(sequel, '(%d) (%x+) (%d+) (%d+) (%d+) (%d+);') do
  local c = load(id)
  of, token = tonumber(of), tonumber(token)
  if c.of == of and c.unit == of_unit and c.born == born then
    if of == GAUGE then
      if erase(c, token, amount) then
        giveback(c, amount, 0, 0)
        changed[id] = true
      end
    elseif c.begin == token then
      if to == 'X' then
        giveback(c, amount, 0, 0)
        changed[id] = true
      elseif actual ~= '' and of_unit == unit then
        giveback(c, amount, split(actual))
        changed[id] = true
      end
    end
  end
end
if to == 'C' then
  for id, keep_stamp in string.gmatch(stamps, '(%x+) (%d+);') do
    local c = load(id)
    become(c, STAMP, '0')
    if c.of == STAMP then
      c.last = max(c.last, now)
      c.ends = max(c.ends, c.last + tonumber(keep_stamp))
      changed[id] = true
    end
  end
end
for id in pairs(changed) do save(prefix .. id, counters[id], now, grace) end
redis.call('SET', KEYS[2], to .. ' ' .. settled_at .. ' ' .. print_of .. ' ' .. list ..
           '\n' .. actual .. '/' .. unit .. '\n', 'PX', keep)
advance()
return answer('settled')
