-- A connection begins. KEYS: what the tenant counts (history.lua), facts about it. ARGV: the server's
-- run id; a name for a new branch; the branch, place and acknowledgements that the client knows, or '';
-- the hash key that it insists on, or ''; one to take where there is none; '1' to acknowledge.
--
-- A branch, thirteen hexadecimal digits that are not 0, is what one run of one server wrote. When another run is met (a restart, a replica that
-- was promoted), the branch before it is closed with the place that it had come to *there*: a client
-- that knows more of that branch knows charges that this server has forgotten.
local FORM = '3'
if string.format('%d', 4503599627370496) ~= '4503599627370496' then
  return redis.error_reply('ERR a server of 32 bits cannot write the times of counters')
end
local run, fresh, branch, known, acks, insists, made, accept = unpack(ARGV)
local on, ran, acked, fenced, key, form =
  unpack(redis.call('HMGET', KEYS[2], 'branch', 'run', 'acks', 'fenced', 'key', 'form'))
if form ~= FORM and redis.call('EXISTS', KEYS[2]) == 1 then return {'form', form or '1'} end

local at, place, floor, sweep_at, sweep_step = redis.call('HGET', KEYS[1], 'h'), 0, 0, 0, 16
if at then place, floor, sweep_at, sweep_step = struct.unpack('@AT_FORM@', at) end
known, acks, acked = tonumber(known), tonumber(acks), tonumber(acked or '0')

if key and insists ~= '' and key ~= insists then return {'key', key} end
if not key then
  key = made
  if insists ~= '' then key = insists end
end

local time = redis.call('TIME')
local clock = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
local function answer(word)
  return {word, key, on or '', string.format('%d', place), string.format('%d', acked), clock}
end
local function stand(branch)
  redis.call('HSET', KEYS[1], 'h',
             struct.pack('@AT_FORM@', place, floor, sweep_at, sweep_step, branch))
end
local function begin()
  on = fresh
  redis.call('HSET', KEYS[2], 'form', FORM, 'branch', on, 'run', run, 'key', key, 'acks',
             string.format('%d', acked))
  stand(tonumber(on, 16))
end
-- Denied for everybody, those too who remember nothing.
local function fence()
  redis.call('HSET', KEYS[2], 'form', FORM, 'fenced', '1', 'key', key, 'acks',
             string.format('%d', acked))
  stand(0)
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
