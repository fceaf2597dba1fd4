-- One Reserve: choose.cpp, and what counter.cpp charges. KEYS: where the history is, the operation,
-- the counters, each once. ARGV: what the first lines read; ITEM texts a charge; where `named`, what
-- each counter is called. Answers a word, the place, the floor, the numbers of the charges that were
-- taken, and the counters as they are now.
local branch, known, now, mode, kept, fingerprint, grace, keep, free, stamps, named =
  unpack(ARGV, 1, 11)
local HEAD, ITEM, HOLDS, EVERY = 11, 10, 4096, '65535'
local peek, replay = mode == 'peek', mode == 'replay'

local counters, values = #KEYS - 2, redis.call('MGET', unpack(KEYS))
if not standing(branch, known, values[1]) and not (replay and on == '!') then return {'moved'} end
now, grace = max(tonumber(now), floor_us), tonumber(grace)
local begun, texts = kept == '1' and not peek and values[2], {}
for i = 1, counters do texts[i] = values[i + 2] or '' end

local function answer(word, taken)
  return {word, format('%d', place), format('%d', floor_us), taken, unpack(texts, 1, counters)}
end

if begun then
  local state, print_of, taken = match(begun, '^(%a) %d+ (%S+) (%S*)\n')
  if state == 'X' or print_of ~= fingerprint then return answer('bad', '') end
  advance()  -- so that waiting for the replicas waits for something
  return answer('repeated', taken)
end

local CLASS = {[0] = RATE, RECENT, QUOTA, TOTAL, GAUGE, STAMP, STAMP, BREAKER}
local working, charges = {}, {}
for i = 1, counters do
  local c = parse(texts[i])
  c.ph, c.pl = 0, 0  -- what charges before take of it
  working[i] = c
end
for i = 1, (#ARGV - HEAD - (named == '1' and counters or 0)) / ITEM do
  local at = HEAD + (i - 1) * ITEM
  local number, kind, unit, group, alternative, amount, limit, span, begin, ends =
    unpack(ARGV, at + 1, at + ITEM)
  number = tonumber(number)
  local c, of = working[number], CLASS[tonumber(kind)]
  if c.of ~= 0 and (c.of ~= of or (of < STAMP and c.unit ~= unit)) then return answer('bad', '') end
  local ah, al = split(amount)
  local lh, ll = split(limit)
  charges[i] = {c = c, number = number, of = of, after = kind == '5', unit = unit, group = group,
                alternative = tonumber(alternative), amount = amount, ah = ah, al = al,
                limit = limit, lh = lh, ll = ll, span = tonumber(span), begin = tonumber(begin),
                ends = tonumber(ends), now = max(now, c.last)}
  if of == QUOTA and charges[i].ends <= floor_us then return answer('bad', '') end
end

local function fits(charge)
  local c, of, at = charge.c, charge.of, charge.now
  if of == STAMP then
    local within = c.of == STAMP and at - c.last <= charge.span
    -- What a clock far ahead has stamped is no proof that it was done before now.
    if charge.after then return within and c.last - now <= charge.span end
    return not within
  end
  if of == BREAKER then return at >= c.time end
  local ah, al = plus(c.ph, c.pl, charge.ah, charge.al)
  if not atmost(ah, al, charge.lh, charge.ll) then return false end
  if of == RATE then
    -- At most kTimeUs / span, both of them.
    local amount, burst = ah * BILLION + al, charge.lh * BILLION + charge.ll
    return max(at, c.time) + (amount - burst) * charge.span <= at
  end
  if of == QUOTA or of == TOTAL then
    if at >= c.ends then return true end
  else
    drop(c, at)
    if #c.entries >= 4 * HOLDS and count(c) >= HOLDS then return false end
  end
  ah, al = plus(ah, al, c.vh, c.vl)
  return atmost(ah, al, charge.lh, charge.ll)
end

-- Charges [from, to] of one alternative; those of other groups are skipped.
local taken = {}
local function try(from, to, group)
  local fit = true
  for i = from, to do
    local charge = charges[i]
    if charge.group == group then
      if not replay and not fits(charge) then
        fit = false
        break
      end
      local c = charge.c
      c.ph, c.pl = plus(c.ph, c.pl, charge.ah, charge.al)
      taken[i] = true
    end
  end
  if fit then return true end
  for i = from, to do
    local charge = charges[i]
    if charge.group == group and taken[i] then
      local c = charge.c
      c.ph, c.pl = minus(c.ph, c.pl, charge.ah, charge.al)
      taken[i] = nil
    end
  end
  return false
end

-- The group of the charge `i`. Whether it has an answer, and where it ends.
local function choosein(i)
  local group, done, without = charges[i].group, false, nil
  if free ~= '' then without = match(free, ',' .. group .. ':(%d+),') end
  without = tonumber(without or EVERY)
  while charges[i] and (charges[i].group == group or charges[i].group == EVERY) do
    local from, alternative = i, charges[i].alternative
    while charges[i] and (charges[i].group == EVERY or (charges[i].group == group and
                          charges[i].alternative == alternative)) do
      i = i + 1
    end
    done = done or alternative > without or try(from, i - 1, group)
  end
  return done or without < tonumber(EVERY), i
end

local function choose()
  for i = 1, #charges do
    if charges[i].group == EVERY and not try(i, i, EVERY) then return false end
  end
  local i = 1
  while charges[i] do
    if charges[i].group == EVERY then
      i = i + 1
    else
      local done
      done, i = choosein(i)
      if not done then return false end
    end
  end
  return true
end

if not choose() then return answer('spent', '') end

local list = {}
for i = 1, #charges do
  if taken[i] then list[#list + 1] = format('%d', i - 1) end
end
list = table.concat(list, ',')
if peek then return answer('reserved', list) end

local function add(charge)
  local c, of, at = charge.c, charge.of, charge.now
  become(c, of, charge.unit)
  c.last, c.limit = at, charge.limit
  if of == RATE then
    c.begin = charge.span
    c.time = max(at, c.time) + (charge.ah * BILLION + charge.al) * charge.span
    c.ends = c.time
    return
  end
  local ends = charge.ends
  if of == QUOTA or of == TOTAL then
    if at >= c.ends then c.vh, c.vl, c.begin = 0, 0, of == QUOTA and charge.begin or at end
    if of == TOTAL then ends = charge.span == 0 and math.huge or at + charge.span end
  else
    drop(c, at)
    ends = at + charge.span
    insert(c, ends, charge.amount)
  end
  c.vh, c.vl = plus(c.vh, c.vl, charge.ah, charge.al)
  c.ends = max(c.ends, ends)
end

local changed, sequel = {}, {}
for i = 1, #charges do
  local charge = charges[i]
  local c = charge.c
  if taken[i] and charge.of < STAMP then
    if c.of == 0 and named == '1' then c.name = ARGV[#ARGV - counters + charge.number] end
    add(charge)
    changed[charge.number] = true
    if charge.of >= QUOTA then
      local token = charge.of == GAUGE and c.last + charge.span or c.begin
      sequel[#sequel + 1] = format('%d %s %s %s %d %s;', charge.of,
                                   sub(KEYS[charge.number + 2], -32), charge.unit, charge.amount,
                                   token, c.born)
    end
  end
end
for number = 1, counters do
  if changed[number] then
    texts[number] = save(KEYS[number + 2], working[number], now, grace)
  end
end
if kept == '1' then
  redis.call('SET', KEYS[2], format('R %d %s %s\n', now, fingerprint, list) ..
             table.concat(sequel) .. '\n' .. stamps, 'PX', keep)
end
advance()
return answer('reserved', list)
