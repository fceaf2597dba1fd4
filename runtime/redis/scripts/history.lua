-- Everything of a tenant lies in one hash: KEYS[1]. What it has under "h" says how far the server's
-- history has come: a place that every change moves on, a floor, when to sweep next, and a branch. A
-- client says which branch it is on and how far it knows it; a server that has come less far, or is on
-- another branch, has to be opened again (open.lua), which finds out why. No counter is charged at a
-- time before the floor: what was swept may have known a later one. Branch 0 is nobody's: the server is
-- denied to all until somebody acknowledges what is lost.
--
-- A server makes the functions of a script, and whatever variable they share, anew for each call. So
-- there are few of them, they share nothing, and what is constant is put in by CMakeLists.txt. It looks
-- at every byte of every text that a script reads or makes: texts are short and few. A list that grows
-- is copied for its first, second and third thing: those of reserve.lua begin with room.
local function nowhere(at, branch, known)
  if not at then return true end
  local place, _, _, _, on = struct.unpack('@AT_FORM@', at)
  return on ~= branch or on == 0 or place < known
end
