-- What commit.lua leaves: what was measured, stamped or held, and every release.
local measured, actual, actual_low, unit = unpacked('<BI4I4H', told)
if nowhere(at, branch, known) then return 'M' end
local place, floor_us, sweep_at, sweep_step, on = unpacked('@AT_FORM@', at)
if not operation then return packed('<c1I8', 'U', place) end
local _, state, _, asked, took, noted, stamped, _, behind =
  unpacked('@OPERATION_FORM@', operation)
local list = sub(operation, behind, behind + 2 * took - 1)
behind = behind + 2 * took
if state ~= 'R' then
  if state ~= to or sub(operation, behind) ~= told then return packed('<c1I8', 'C', place) end
  -- Moved on, so that waiting for the replicas waits for something.
  place = place + 1
  call('HSET', KEYS[1], 'h', packed('@AT_FORM@', place, floor_us, sweep_at, sweep_step, on))
  return packed('<c1I8', 'A', place)
end

local notes, ids = {}, {}
local known_unit = measured == 0
local tokens = behind + @NOTE_SIZE@ * noted + @STAMP_SIZE@ * stamped
for i = 1, noted do
  local note = {unpacked('@NOTE_FORM@', operation, behind)}
  note[6], note[7] = unpacked('<I8I8', operation, tokens + @TOKEN_SIZE@ * (i - 1))
  behind = behind + @NOTE_SIZE@
  notes[i] = note
  ids[#ids + 1] = 'c' .. note[2]
  if (note[1] == @QUOTA@ or note[1] == @TOTAL@) and note[3] == unit then known_unit = true end
end
if not known_unit then return packed('<c1I8', 'B', place) end
local stamps = {}
for i = 1, to == 'C' and stamped or 0 do
  local id, span = unpacked('<c16I8', operation, behind)
  behind = behind + @STAMP_SIZE@
  stamps[i] = {'c' .. id, span}
  ids[#ids + 1] = 'c' .. id
end

local texts, counters, changed = {}, {}, {}
if #ids > 0 then
  local read = call('HMGET', KEYS[1], unpack(ids))
  for i = 1, #ids do texts[ids[i]] = read[i] end
end
local settled_at = now
if now < floor_us then now = floor_us end
local function load(id)
  if not counters[id] then counters[id] = parse(texts[id]) end
  return counters[id]
end

local function erase(c, text, ends, high, low)
  drop(c, text, -1, take)
  for i = 0, c[@HELD@] - 1 do
    local other, held, held_low = unpacked('@ENTRY_FORM@', c.entries, 1 + @ENTRY_SIZE@ * i)
    if other > ends then return false end
    if other == ends and held == high and held_low == low then
      c.entries = sub(c.entries, 1, @ENTRY_SIZE@ * i) ..
                  sub(c.entries, 1 + @ENTRY_SIZE@ * (i + 1))
      c[@HELD@] = c[@HELD@] - 1
      return true
    end
  end
  return false
end

for i = 1, noted do
  local class, id, of_unit, high, low, token, born = unpack(notes[i])
  id = 'c' .. id
  local c = load(id)
  if c[@CLASS@] == class and c[@UNIT@] == of_unit and c[@BORN@] == born then
    if class == @GAUGE@ then
      if erase(c, texts[id], token, high, low) then
        take(c, high, low)
        changed[id] = true
      end
    elseif c[@BEGIN@] == token and (to == 'X' or (measured == 1 and of_unit == unit)) then
      if to == 'C' then
        low = low - actual_low
        high = high - actual
        if low < 0 then high, low = high - 1, low + @BILLION@ end
      end
      -- Where more was taken than was reserved, `high` is below 0 and the counter grows.
      take(c, high, low)
      -- An int64 at most.
      if c[@VALUE@] > 9223372036 or (c[@VALUE@] == 9223372036 and c[@REST@] > 854775807) then
        c[@VALUE@], c[@REST@] = 9223372036, 854775807
      end
      changed[id] = true
    end
  end
end
for i = 1, #stamps do
  local id, span = unpack(stamps[i])
  local c = load(id)
  if c[@CLASS@] == 0 then c[@CLASS@], c[@BORN@] = @STAMP@, place + 1 end
  if c[@CLASS@] == @STAMP@ then
    c[@LAST@] = math.max(c[@LAST@], now)
    c[@ENDS@] = math.max(c[@ENDS@], c[@LAST@] + span)
    changed[id] = true
  end
end

local fields = {}
for id in pairs(changed) do
  fields[#fields + 1] = id
  fields[#fields + 1] = print(counters[id], texts[id], now, clock)
end
fields[#fields + 1] = ARGV[2]
fields[#fields + 1] = packed('@OPERATION_FORM@c0c0', clock + @KEEP_MS@, to, settled_at, asked, took, 0,
                             0, 0, list, told)
place = place + 1
call('HSET', KEYS[1], 'h', packed('@AT_FORM@', place, floor_us, sweep_at, sweep_step, on),
     unpack(fields))
return packed('<c1I8', 'E', place)
