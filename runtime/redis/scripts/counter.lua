-- The rules of runtime/state/counter.cpp, for the server. Redis's Lua knows doubles only: a quantity
-- is two of them, its billions and the rest; a time is one, below 2^53 (limits::kTimeUs).
--
-- A counter is a text: class unit last value begin end limit born entries, and on a second line what
-- it is called; an entry is "end:amount,". `vh`, `vl` are the value where that is a quantity, `time`
-- where it is a time. `born` is the place of the history at which it began: what an operation took
-- of a counter is given back to no later one.
local sub, match, format = string.sub, string.match, string.format
local max, floor = math.max, math.floor
local BILLION = 1000000000
local RATE, RECENT, QUOTA, TOTAL, GAUGE, STAMP, BREAKER = 1, 2, 3, 4, 5, 6, 7  -- CounterClass
local NEVER = '9223372036854775807'

local function split(text)
  local size = #text
  if size < 10 then return 0, tonumber(text) end
  return tonumber(sub(text, 1, size - 9)), tonumber(sub(text, size - 8))
end

local function join(high, low)
  if high == 0 then return format('%d', low) end
  return format('%d%09d', high, low)
end

local function plus(ah, al, bh, bl)
  local low = al + bl
  if low >= BILLION then return ah + bh + 1, low - BILLION end
  return ah + bh, low
end

-- At least 0.
local function minus(ah, al, bh, bl)
  local low, high = al - bl, ah - bh
  if low < 0 then low, high = low + BILLION, high - 1 end
  if high < 0 then return 0, 0 end
  return high, low
end

local function atmost(ah, al, bh, bl)
  return ah < bh or (ah == bh and al <= bl)
end

local function parse(text)
  if not text or text == '' then
    return {of = 0, unit = '0', last = 0, vh = 0, vl = 0, time = 0, begin = 0, ends = 0,
            limit = '0', born = '0', entries = '', name = ''}
  end
  local of, unit, last, value, begin, ends, limit, born, entries, name =
    match(text, '^(%d) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) ([^\n]*)\n(.*)$')
  local c = {of = tonumber(of), unit = unit, last = tonumber(last), vh = 0, vl = 0, time = 0,
             begin = tonumber(begin), ends = math.huge, limit = limit, born = born,
             entries = entries, name = name}
  if ends ~= NEVER then c.ends = tonumber(ends) end
  if of == '1' or of == '7' then c.time = tonumber(value) else c.vh, c.vl = split(value) end
  return c
end

local function print(c)
  local value, ends = nil, NEVER
  if c.of == RATE or c.of == BREAKER then
    value = format('%d', c.time)
  else
    value = join(c.vh, c.vl)
  end
  if c.ends ~= math.huge then ends = format('%d', c.ends) end
  return format('%d %s %d %s %d %s %s %s ', c.of, c.unit, c.last, value, c.begin, ends,
                c.limit, c.born) .. c.entries .. '\n' .. c.name
end

-- For `grace` milliseconds longer than it says anything. Returns the text.
local function save(key, c, now, grace)
  local text = print(c)
  if c.ends == math.huge then
    redis.call('SET', key, text)
  else
    redis.call('SET', key, text, 'PX', format('%d', floor(max(0, c.ends - now) / 1000) + grace))
  end
  return text
end

local function become(c, of, unit)
  if c.of == 0 then c.of, c.unit, c.born = of, unit, format('%d', place + 1) end
end

-- Drops the entries that have ended; their amounts go from the value, except in a breaker, which
-- counts its entries.
local function drop(c, now)
  local from = 1
  while true do
    local ends, amount, after = match(c.entries, '^(%d+):(%d+),()', from)
    if not ends or tonumber(ends) > now then break end
    if c.of ~= BREAKER then c.vh, c.vl = minus(c.vh, c.vl, split(amount)) end
    from = after
  end
  if from > 1 then c.entries = sub(c.entries, from) end
end

local function count(c)
  local _, n = string.gsub(c.entries, ':', ':')
  return n
end

local function insert(c, ends, amount)
  local entry = format('%d:%s,', ends, amount)
  local last = match(sub(c.entries, -40), '(%d+):%d+,$')
  if not last or tonumber(last) <= ends then
    c.entries = c.entries .. entry
    return
  end
  -- Another span than before: behind all that end no later.
  local from = 1
  while true do
    local other, after = match(c.entries, '^(%d+):%d+,()', from)
    if not other or tonumber(other) > ends then break end
    from = after
  end
  c.entries = sub(c.entries, 1, from - 1) .. entry .. sub(c.entries, from)
end
