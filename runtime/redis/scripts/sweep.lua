-- Deletes those of some counters and operations that say nothing any more, or one that is reset, each
-- counter with what it is called.
-- ARGV: what the first lines read (`what`: 0 = sweep, 1 = reset), the fields that may go.
local branch, known, _, what, idle, old = struct.unpack('<I8I8I8BI8I8', ARGV[1])
local at = redis.call('HGET', KEYS[1], 'h')
if nowhere(at, branch, known) then return 'M' end
local place, floor_us, sweep_at, sweep_step, on = struct.unpack('@AT_FORM@', at)

local function gone(field, text)
  if what == 1 then return true end
  if string.sub(field, 1, 1) == 'o' then
    local _, _, time = struct.unpack('<I8c1I8', text)
    return time < old
  end
  return parse(text)[@ENDS@] <= idle
end

local fields, count = {}, 0
if #ARGV > 1 then
  local texts = redis.call('HMGET', KEYS[1], unpack(ARGV, 2))
  for i = 1, #ARGV - 1 do
    if texts[i] and gone(ARGV[i + 1], texts[i]) then
      count = count + 1
      fields[#fields + 1] = ARGV[i + 1]
      fields[#fields + 1] = 'n' .. string.sub(ARGV[i + 1], 2)
    end
  end
end
if #fields > 0 then redis.call('HDEL', KEYS[1], unpack(fields)) end
if what == 0 and idle > floor_us then floor_us = idle end
place = place + 1
redis.call('HSET', KEYS[1], 'h',
           struct.pack('@AT_FORM@', place, floor_us, sweep_at, sweep_step, on))
return struct.pack('<c1I8I8', 'D', place, count)
