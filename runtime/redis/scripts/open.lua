-- A connection begins. KEYS: where the history is, facts about it. ARGV: the server's run id; a name
-- for a new branch; the branch, place and acknowledgements that the client knows, or ''; the hash key
-- that it insists on, or ''; one to take where there is none; '1' to acknowledge.
--
-- A branch is what one run of one server wrote. When another run is met (a restart, a replica that
-- was promoted), the branch before it is closed with the place that it had come to *there*: a client
-- that knows more of that branch knows charges that this server has forgotten.
if string.format('%d', 4503599627370496) ~= '4503599627370496' then
  return redis.error_reply('ERR a server of 32 bits cannot write the times of counters')
end
local run, fresh, branch, known, acks, insists, made, accept = unpack(ARGV)
local on, ran, acked, fenced, key =
  unpack(redis.call('HMGET', KEYS[2], 'branch', 'run', 'acks', 'fenced', 'key'))
local at, place, floor = redis.call('GET', KEYS[1]), 0, '0'
if at then
  local place_text, floor_text = string.match(at, ' (%d+) (%d+)$')
  place, floor = tonumber(place_text), floor_text
end
known, acks, acked = tonumber(known), tonumber(acks), tonumber(acked or '0')

if key and insists ~= '' and key ~= insists then return {'key', key} end
if not key then
  key = made
  if insists ~= '' then key = insists end
end

local function answer(word)
  return {word, key, on or '', string.format('%d', place), string.format('%d', acked)}
end
local function begin()
  on = fresh
  redis.call('HSET', KEYS[2], 'branch', on, 'run', run, 'key', key, 'acks',
             string.format('%d', acked))
  redis.call('SET', KEYS[1], string.format('%s %d %s', on, place, floor))
end
-- Denied for everybody, those too who remember nothing.
local function fence()
  redis.call('HSET', KEYS[2], 'fenced', '1', 'key', key, 'acks', string.format('%d', acked))
  redis.call('SET', KEYS[1], string.format('! %d %s', place, floor))
  return answer('rewound')
end

if accept == '1' then
  acked = math.max(acked, acks) + 1
  place = math.max(place, known) + 1
  redis.call('DEL', KEYS[2])
  begin()
  return answer('open')
end
if fenced then return answer('rewound') end
if branch ~= '' and acks >= acked then
  -- Nobody has acknowledged anything since the client was here last.
  local reached = redis.call('HGET', KEYS[2], 'end:' .. branch)
  if on == branch then reached = at and string.format('%d', place) end
  if not reached or tonumber(reached) < known then return fence() end
end
if on and not at then return fence() end
if not on then
  place = 1
  begin()
elseif ran ~= run then
  redis.call('HSET', KEYS[2], 'end:' .. on, string.format('%d', place))
  begin()
end
return answer('open')
