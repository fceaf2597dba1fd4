-- Everything of a tenant lies in one hash: KEYS[1]. What it has under "at" says how far the server's
-- history has come: a branch, a place that every change moves on, a floor, and when to sweep next. A
-- client says which branch it is on and how far it knows it; a server that has come less far, or is on
-- another branch, has to be opened again (open.lua), which finds out why. No counter is charged at a
-- time before the floor: what was swept may have known a later one. A branch of "!" alone is nobody's:
-- the server is denied to all until somebody acknowledges what is lost.
--
-- A server makes the functions of a script, and whatever variable they share, anew for each call. So
-- there are few of them, they share nothing, and what is constant is put in by CMakeLists.txt. A list
-- that grows is copied for its first, second and third thing: those of reserve.lua begin with room.
local function nowhere(at, branch, known)
  if not at then return true end
  local on, place = struct.unpack('<c32I8', at)
  return on ~= branch or place < known
end
