-- What plain.lua leaves: every kind of charge, alternatives, what is asked for again or only looked at,
-- and what sweeps. Behind HEAD stand what the first lines read, a CHARGE for each charge, as they are
-- tried, those of no group first, then the stamps. Answers a word, the place, the floor, the indices of
-- the charges that were taken, and the counters as they are now.
--
-- An operation's value: DEATH as of counters, a state ("R", "C" or "X"), when it was so, which charges
-- it was asked with, how many taken charges, notes, stamps and notes of gauges it has, and these; then
-- the token of each note.
local mode, kept, charges, fingerprint, from = 0, plain - 1, counters, '', @PLAIN_FROM@
if plain == 2 then fingerprint = sub(ARGV[#ARGV], @ASKED_AT@, @ASKED_AT@ + 7) end
if plain == 0 then mode, kept, charges, fingerprint, from = unpacked('<BBHc8', head, from) end
if not at then return 'M' end
local place, floor_us, sweep_at, sweep_step, on = unpacked('@AT_FORM@', at)
if (on ~= branch or on == 0 or place < known) and not (mode == @REPLAY@ and on == 0) then
  return 'M'
end
if now < floor_us then now = floor_us end

local function answer(word, place, floor_us, taken, values, counters)
  local text = values[3] or ''
  local all = struct.pack('<c1I8I8c0I4c0', word, place, floor_us, taken, #text, text)
  for i = 2, counters do
    text = values[i + 2] or ''
    all = struct.pack('<c0I4c0', all, #text, text)
  end
  return all
end

local operation = kept == 1 and mode ~= @PEEK@ and values[2]
if operation then
  local _, state, _, asked, took = unpacked('@OPERATION_FORM@', operation)
  if state == 'X' or asked ~= fingerprint then
    return answer('B', place, floor_us, '\0\0', values, counters)
  end
  -- Moved on, so that waiting for the replicas waits for something.
  place = place + 1
  call('HSET', KEYS[1], 'h', packed('@AT_FORM@', place, floor_us, sweep_at, sweep_step, on))
  local with = packed('<Hc0', took, sub(operation, @TOLD_AT@, @OPERATION_SIZE@ + 2 * took))
  return answer('T', place, floor_us, with, values, counters)
end

local work, list = {0, 0, 0, 0}, {0, 0, 0, 0}
for i = 1, counters do work[i] = parse(values[i + 2]) end
for i = 1, charges do
  local q
  if plain == 0 then
    q = {false, unpacked('@CHARGE_FORM@', head, from)}
    from = from + @CHARGE_SIZE@
  else
    local unit, class, most, most_low, high, low, begin, ends = unpacked('@PLAIN_FORM@', head, from)
    q = {false, i - 1, i, 0, 2, 0, 1, unit, class, most, most_low, begin, high, low, begin, ends}
    from = from + @PLAIN_SIZE@
  end
  list[i] = q
  local class, c = q[@OF@], work[q[@NUMBER@]]
  if (c[@CLASS@] ~= 0 and
      (c[@CLASS@] ~= class or (class < @STAMP@ and c[@UNIT@] ~= q[@OF_UNIT@]))) or
     (class == @QUOTA@ and q[@UNTIL@] <= floor_us) then
    return answer('B', place, floor_us, '\0\0', values, counters)
  end
end

-- PLACE: 1 is the last charge of an alternative, 2 that of a group. A charge of no group is both.
-- FREE: the group has an alternative that charges nothing. TRIED is 0 behind that one.
local waits, fit, first = true, true, 1
for i = 1, charges do
  local q = list[i]
  local class, c = q[@OF@], work[q[@NUMBER@]]
  if fit and waits and q[@TRIED@] == 1 then
    local time = c[@LAST@]
    if time < now then time = now end
    local high, low = c[@ABOVE@] + q[@HIGH@], c[@BELOW@] + q[@LOW@]
    if low >= @BILLION@ then high, low = high + 1, low - @BILLION@ end
    local most, most_low, all, all_low = q[@MOST@], q[@MOST_LOW@], high, low
    if mode == @REPLAY@ then
      fit = true
    elseif class == @STAMP@ then
      local within = c[@CLASS@] == @STAMP@ and time - c[@LAST@] <= q[@SPAN@]
      -- What a clock far ahead has stamped is no proof that it was done before now.
      if q[@AFTER@] == 1 then
        fit = within and c[@LAST@] - now <= q[@SPAN@]
      else
        fit = not within
      end
    elseif class == @BREAKER@ then
      fit = time >= c[@VALUE@]
    elseif high > most or (high == most and low > most_low) then
      fit = false
    elseif class == @RATE@ then
      local paid = c[@VALUE@]
      if paid < time then paid = time end
      -- At most kTimeUs / span, both of them.
      fit = paid + ((high - most) * @BILLION@ + low - most_low) * q[@SPAN@] <= time
    else
      local counts = true
      if class == @QUOTA@ or class == @TOTAL@ then
        counts = time < c[@ENDS@]
      else
        drop(c, values[q[@NUMBER@] + 2], time, take)
        fit = c[@HELD@] < @HOLDS@
      end
      if counts then
        all, all_low = high + c[@VALUE@], low + c[@REST@]
        if all_low >= @BILLION@ then all, all_low = all + 1, all_low - @BILLION@ end
        fit = fit and (all < most or (all == most and all_low <= most_low))
      end
    end
    if fit then
      q[@TAKEN@], c[@ABOVE@], c[@BELOW@] = true, high, low
    else
      for j = first, i - 1 do
        local other, back = work[list[j][@NUMBER@]], list[j]
        back[@TAKEN@] = false
        other[@ABOVE@], other[@BELOW@] = other[@ABOVE@] - back[@HIGH@], other[@BELOW@] - back[@LOW@]
        if other[@BELOW@] < 0 then
          other[@ABOVE@], other[@BELOW@] = other[@ABOVE@] - 1, other[@BELOW@] + @BILLION@
        end
      end
    end
  end
  if q[@PLACE@] > 0 then
    waits = waits and not fit
    fit, first = true, i + 1
    if q[@PLACE@] == 2 then
      if waits and q[@FREE@] == 0 then
        return answer('S', place, floor_us, '\0\0', values, counters)
      end
      waits = true
    end
  end
end

-- `told`: which are taken, and how many.
local notes, tokens, told, took, noted, gauges = '', '', '', 0, 0, 0
local fields, written = {0, 0, 0, 0, 0, 0, 0, 0}, 0
for i = 1, charges do
  local q = list[i]
  local class, number = q[@OF@], q[@NUMBER@]
  if q[@TAKEN@] then
    told, took = packed('<c0H', told, q[@INDEX@]), took + 1
  end
  if q[@TAKEN@] and class < @STAMP@ and mode ~= @PEEK@ then
    local c = work[number]
    local time, token = c[@LAST@], c[@BEGIN@]
    if time < now then time = now end
    if c[@CLASS@] == 0 then
      c[@BEGAN@], c[@CLASS@], c[@UNIT@], c[@BORN@] = true, class, q[@OF_UNIT@], place + 1
    end
    c[@CHANGED@], c[@LAST@], c[@LIMIT@], c[@LIMIT_REST@] = true, time, q[@MOST@], q[@MOST_LOW@]
    if class == @RATE@ then
      local paid = c[@VALUE@]
      if paid < time then paid = time end
      paid = paid + (q[@HIGH@] * @BILLION@ + q[@LOW@]) * q[@SPAN@]
      c[@BEGIN@], c[@VALUE@], c[@ENDS@] = q[@SPAN@], paid, paid
    else
      local ends = q[@UNTIL@]
      if class == @QUOTA@ or class == @TOTAL@ then
        if time >= c[@ENDS@] then
          token = class == @QUOTA@ and q[@FROM@] or time
          c[@VALUE@], c[@REST@], c[@BEGIN@] = 0, 0, token
        end
        if class == @TOTAL@ then
          ends = q[@SPAN@] == 0 and @NEVER@ or time + q[@SPAN@]
        end
      else
        drop(c, values[number + 2], time, take)
        ends = time + q[@SPAN@]
        token = ends
        insert(c, ends, q[@HIGH@], q[@LOW@])
      end
      local low = c[@REST@] + q[@LOW@]
      c[@VALUE@], c[@REST@] = c[@VALUE@] + q[@HIGH@], low
      if low >= @BILLION@ then c[@VALUE@], c[@REST@] = c[@VALUE@] + 1, low - @BILLION@ end
      if ends > c[@ENDS@] then c[@ENDS@] = ends end
      if class >= @QUOTA@ then
        noted = noted + 1
        if class == @GAUGE@ then gauges = gauges + 1 end
        notes = notes .. packed('@NOTE_FORM@', class, sub(ARGV[2 + number], 2), q[@OF_UNIT@],
                                q[@HIGH@], q[@LOW@])
        tokens = packed('<c0I8I8', tokens, token, c[@BORN@])
      end
    end
  end
end
local with = packed('<Hc0', took, told)
if mode == @PEEK@ then return answer('R', place, floor_us, with, values, counters) end

for number = 1, counters do
  local c = work[number]
  if c[@CHANGED@] then
    local text = print(c, values[number + 2], now, clock)
    values[number + 2] = text
    fields[written + 1], fields[written + 2] = ARGV[2 + number], text
    written = written + 2
    if c[@BEGAN@] and named == 1 then
      fields[written + 1] = 'n' .. sub(ARGV[2 + number], 2)
      fields[written + 2] = ARGV[2 + counters + number]
      written = written + 2
    end
  end
end
if kept == 1 then
  local text = ARGV[#ARGV]
  if plain == 2 then
    text = sub(text, 1, 9) .. packed('<I8', now) .. sub(text, @ASKED_AT@) .. tokens
  else
    text = packed('@OPERATION_FORM@', clock + @KEEP_MS@, 'R', now, fingerprint, took, noted,
                  (#head + 1 - from) / @STAMP_SIZE@, gauges) ..
           told .. notes .. sub(head, from) .. tokens
  end
  fields[written + 1], fields[written + 2] = ARGV[2], text
  written = written + 2
end

-- Some fields by chance, more often the more of them were dead: what nobody asks for again goes
-- without anybody's sweep.
if place >= sweep_at then
  local dead, count = {}, 0
  local some = call('HRANDFIELD', KEYS[1], 32, 'WITHVALUES')
  for i = 1, #some, 2 do
    local field = some[i]
    local letter = #field == 17 and sub(field, 1, 1)
    if letter and letter ~= 'n' and unpacked('<I8', some[i + 1]) <= clock then
      count = count + 1
      dead[#dead + 1] = field
      if letter == 'c' then dead[#dead + 1] = 'n' .. sub(field, 2) end
    end
  end
  sweep_step = count >= 8 and 16 or math.min(1024, 2 * sweep_step)
  sweep_at = place + sweep_step
  if count > 0 then call('HDEL', KEYS[1], unpack(dead)) end
end
place = place + 1
call('HSET', KEYS[1], 'h', packed('@AT_FORM@', place, floor_us, sweep_at, sweep_step, on),
     unpack(fields, 1, written))
return answer('R', place, floor_us, with, values, counters)
