-- Commit and Release. ARGV: what SETTLE_FORM reads, and what the call really took; the operation's
-- field. What the operation took (reserve.lua) says which counters are settled.
--
-- Here is the short way of most commits: nothing was measured, stamped or held, so that no counter
-- changes. Every other goes on into settle.lua, and nothing has been written then.
local unpacked, packed, sub, call = struct.unpack, struct.pack, string.sub, redis.call
local branch, known, clock, now, to, from = unpacked('@SETTLE_FORM@', ARGV[1])
local told = sub(ARGV[1], from)
local values = call('HMGET', KEYS[1], 'h', ARGV[2])
local at, operation = values[1], values[2]
if at and operation and to == 'C' and sub(told, 1, 1) == '\0' then
  local place, floor_us, sweep_at, sweep_step, on = unpacked('@AT_FORM@', at)
  local _, state, _, _, took, _, stamped, gauges = unpacked('@OPERATION_FORM@', operation)
  if on == branch and on ~= 0 and place >= known and state == 'R' and stamped + gauges == 0 then
    at = packed('@AT_FORM@', place + 1, floor_us, sweep_at, sweep_step, on)
    local asked = sub(operation, @ASKED_AT@, @ASKED_AT@ + 9)
    local list = sub(operation, @TOLD_AT@, @OPERATION_SIZE@ + 2 * took)
    operation = packed('<I8c1I8', clock + @KEEP_MS@, to, now) .. asked .. '\0\0\0\0\0\0' .. list .. told
    call('HSET', KEYS[1], 'h', at, ARGV[2], operation)
    return 'E' .. sub(at, 1, 8)
  end
end
