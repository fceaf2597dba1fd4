-- One Reserve: choose.cpp, and what counter.cpp charges. ARGV: HEAD, behind it a PLAIN charge for each
-- where the request is `plain`, else what reserve.lua reads; the operation's field; those of the
-- counters, each once; where `named`, what each counter is called; where `plain` is 2, the operation's
-- value but for the tokens of its notes.
--
-- Here is the short way of most calls, which are plain: rates, quotas and totals, each counter once, and
-- nothing to choose from. It makes no function, and no list for a charge; of a counter it writes the
-- numbers that change, and cuts the rest from what was there. Whatever is not usual goes on into
-- reserve.lua, which answers every call; nothing has been written then. Answers what it writes but for
-- the operation, so that "h" is the word for yes; or "s" and what stands there, zeros where nothing does.
local unpacked, packed, sub, call, head = struct.unpack, struct.pack, string.sub, redis.call, ARGV[1]
local branch, known, clock, now, plain, named, counters = unpacked('@HEAD_FORM@', head)
local values = call('HMGET', KEYS[1], 'h', unpack(ARGV, 2, 2 + counters))
local at = values[1]
while plain > 0 and at and not values[2] do
  local place, floor_us, sweep_at, sweep_step, on = unpacked('@AT_FORM@', at)
  if on ~= branch or on == 0 or place < known or place >= sweep_at or now < floor_us then break end
  local fields, written, tokens, names = {'h', at, 0, 0, 0, 0, 0, 0, 0, 0}, 2
  local from, fit, same = @PLAIN_FROM@, true, true
  for i = 1, counters do
    local text = values[i + 2]
    -- Of a quota when its period begins and ends; of others a span, and 0.
    local unit, class, most, most_low, high, low, begin, ends = unpacked('@PLAIN_FORM@', head, from)
    local time, value, rest, till, as_it_was, began = now, 0, 0, 0
    if text then
      local _, last, of_unit, of, limit, limit_low
      _, last, value, rest, till, of_unit, of, limit, limit_low, began =
        unpacked('@FRONT_FORM@HBI4I4I8', text)
      same = of == class and of_unit == unit
      if not same then break end
      as_it_was = limit == most and limit_low == most_low
      if last > now then time = last end
    end
    if class == @RATE@ then
      local each = high * @BILLION@ + low
      if value < time then value = time end
      -- At most kTimeUs / span, both of them.
      fit = (high < most or (high == most and low <= most_low)) and
            value + ((high - most) * @BILLION@ + low - most_low) * begin <= time
      value = value + each * begin
      ends = value
    else
      if class == @TOTAL@ then
        begin, ends = time, begin == 0 and @NEVER@ or time + begin
      end
      if time < till then
        begin, value, rest = began, value + high, rest + low
        if rest >= @BILLION@ then value, rest = value + 1, rest - @BILLION@ end
      else
        value, rest = high, low
      end
      if ends < till then ends = till end
      fit = value < most or (value == most and rest <= most_low)
    end
    if not fit then break end
    local death, behind = @NEVER@
    if ends ~= death then
      death = clock + @GRACE_MS@
      if ends > now then death = death + (ends - now) / 1000 end
    end
    if as_it_was and begin == began then
      behind = sub(text, @KIND_AT@)
    else
      behind = packed('<HBI4I4I8', unit, class, most, most_low, begin) ..
               (text and sub(text, @BORN_AT@) or packed('<I8H', place + 1, 0))
      if named == 1 and not text then
        names = names or {}
        names[#names + 1] = 'n' .. sub(ARGV[2 + i], 2)
        names[#names + 1] = ARGV[2 + counters + i]
      end
    end
    if class ~= @RATE@ then
      local token = sub(behind, @TOKEN_AT@, @TOKEN_END@)
      tokens = tokens and tokens .. token or token
    end
    fields[written + 1] = ARGV[2 + i]
    fields[written + 2] = packed('@FRONT_FORM@c0', death, time, value, rest, ends, behind)
    written, from = written + 2, from + @PLAIN_SIZE@
  end
  if not same then break end
  if not fit then
    -- Of another kind than it was charged with, is another answer (reserve.lua).
    local none, answer = string.rep('\0', @COUNTER_SIZE@), 's' .. at
    from = @PLAIN_FROM@
    for i = 1, counters do
      local text = values[i + 2]
      same = same and (not text or sub(text, @KIND_AT@, @KIND_END@) == sub(head, from, from + 2))
      answer, from = answer .. ARGV[2 + i] .. (text or none), from + @PLAIN_SIZE@
    end
    if not same then break end
    return answer
  end
  if names then call('HSET', KEYS[1], unpack(names)) end
  fields[2] = packed('@AT_FORM@', place + 1, floor_us, sweep_at, sweep_step, on)
  if plain == 2 then
    fields[written + 1] = ARGV[2]
    fields[written + 2] = tokens and ARGV[#ARGV] .. tokens or ARGV[#ARGV]
    call('HSET', KEYS[1], unpack(fields, 1, written + 2))
  else
    call('HSET', KEYS[1], unpack(fields, 1, written))
  end
  return table.concat(fields, '', 1, written)
end
