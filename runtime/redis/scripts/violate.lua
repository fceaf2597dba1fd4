-- One violation. ARGV: what the first lines read, the breaker's field.
local branch, known, clock, now, limit, window, suspend =
  struct.unpack('<I8I8I8I8I8I8I8', ARGV[1])
local values = redis.call('HMGET', KEYS[1], 'h', ARGV[2])
if nowhere(values[1], branch, known) then return 'M' end
local place, floor_us, sweep_at, sweep_step, on = struct.unpack('@AT_FORM@', values[1])
if now < floor_us then now = floor_us end

local text = values[2]
local c = parse(text)
if c[@CLASS@] ~= 0 and c[@CLASS@] ~= @BREAKER@ then return struct.pack('<c1I8', 'B', place) end
local at = math.max(now, c[@LAST@])
if at < c[@VALUE@] then return struct.pack('<c1I8', 'A', place) end
drop(c, text, at, take)
if c[@CLASS@] == 0 then c[@CLASS@], c[@BORN@] = @BREAKER@, place + 1 end
c[@LAST@], c[@LIMIT@], c[@LIMIT_REST@] = at, 0, limit
insert(c, at + window, 0, 1)
c[@ENDS@] = math.max(c[@ENDS@], at + window)
if c[@HELD@] >= limit then
  c.entries, c[@HELD@], c[@VALUE@] = '', 0, at + suspend
  c[@ENDS@] = math.max(c[@ENDS@], c[@VALUE@])
end
place = place + 1
redis.call('HSET', KEYS[1], 'h',
           struct.pack('@AT_FORM@', place, floor_us, sweep_at, sweep_step, on), ARGV[2],
           print(c, text, now, clock))
return struct.pack('<c1I8', 'E', place)
