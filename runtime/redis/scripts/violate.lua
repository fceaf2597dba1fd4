-- One violation. KEYS: where the history is, the breaker.
local branch, known, now, limit, window, suspend, grace = unpack(ARGV)
if not standing(branch, known) then return {'moved'} end
now, limit = max(tonumber(now), floor_us), tonumber(limit)
window, suspend = tonumber(window), tonumber(suspend)

local function answer(word)
  return {word, format('%d', place)}
end
local c = parse(redis.call('GET', KEYS[2]))
if c.of ~= 0 and c.of ~= BREAKER then return answer('bad') end
local at = max(now, c.last)
if at < c.time then return answer('already') end
become(c, BREAKER, '0')
c.last, c.limit = at, format('%d', limit)
drop(c, at)
insert(c, at + window, '1')
c.ends = max(c.ends, at + window)
if count(c) >= limit then
  c.entries, c.time = '', at + suspend
  c.ends = max(c.ends, c.time)
end
save(KEYS[2], c, now, tonumber(grace))
advance()
return answer('settled')
