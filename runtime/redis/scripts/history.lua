-- Where the server's history has come to: KEYS[1] holds "branch place floor". Every change moves the
-- place on. A client says which branch it is on and how far it knows it; a server that has come less
-- far, or is on another branch, has to be opened again (open.lua), which finds out why. No counter is
-- charged at a time before the floor: what was swept may have known a later one.
-- The branch "!" is nobody's: the server is denied to all until somebody acknowledges what is lost.
local place, floor_us, on
local function standing(branch, known, at)
  at = at or redis.call('GET', KEYS[1])
  if not at then return false end
  local place_text, floor_text
  on, place_text, floor_text = string.match(at, '^(%S+) (%d+) (%d+)$')
  place, floor_us = tonumber(place_text), tonumber(floor_text)
  return on == branch and place >= tonumber(known)
end

local function advance()
  place = place + 1
  redis.call('SET', KEYS[1], string.format('%s %d %d', on, place, floor_us))
end
