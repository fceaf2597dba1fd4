-- Deletes those of some counters and operations that say nothing any more, or one that is reset.
-- KEYS: where the history is, then what may go.
local branch, known, what, idle, old = unpack(ARGV)
if not standing(branch, known) then return {'moved'} end
idle, old = tonumber(idle), tonumber(old)

local function gone(text)
  if what == 'reset' then return true end
  if what == 'operations' then return tonumber(match(text, '^%a (%d+)')) <= old end
  return parse(text).ends <= idle
end

local gone_keys = {}
if #KEYS > 1 then
  local texts = redis.call('MGET', unpack(KEYS, 2))
  for i = 1, #KEYS - 1 do
    if texts[i] and gone(texts[i]) then gone_keys[#gone_keys + 1] = KEYS[i + 1] end
  end
end
if #gone_keys > 0 then redis.call('DEL', unpack(gone_keys)) end
if what ~= 'reset' and idle > floor_us then floor_us = idle end
advance()
return {'done', format('%d', place), format('%d', #gone_keys)}
