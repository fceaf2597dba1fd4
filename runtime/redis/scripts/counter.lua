-- The rules of runtime/state/counter.cpp, for the server. Redis's Lua knows doubles only: a quantity
-- is two of them, its billions and the rest; a time is one, below 2^53 (limits::kTimeUs).
--
-- A field of a counter is "c" and its identity. Its value begins with DEATH: from that time of the
-- server on, in milliseconds, it may be deleted. BORN is the place of the history at which the counter
-- began: what an operation took of it is given back to no later one. VALUE is the high part of a
-- quantity, or a time: of a rate when all is paid back, of a breaker until when it is open. Behind the
-- numbers stand HELD entries (when they end, what they hold). What most calls change stands in front;
-- BEGIN and BORN are the token of a note (plain.lua). What the counter is called lies under "n" and its
-- identity, is written when it begins, and goes with it.
--
-- A script reads a counter as a list: whether it has CHANGED, and whether it BEGAN with this call; what
-- earlier charges of the call take of it (ABOVE, BELOW); then what was packed. A fresh one is of no
-- class.
local function parse(text)
  if text then return {false, false, 0, 0, struct.unpack('@COUNTER_FORM@', text)} end
  return {false, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
end

-- The counter as a text, deleted a while after it says nothing more. `text` is what was read of it.
local function print(c, text, now, clock)
  local ends, behind, death = c[@ENDS@], c.entries, @NEVER@
  if ends ~= @NEVER@ then
    death = clock + @GRACE_MS@
    if ends > now then death = death + (ends - now) / 1000 end
  end
  if not behind then behind = text and string.sub(text, @COUNTER_SIZE@ + 1) or '' end
  return struct.pack('@COUNTER_FORM@c0', death, c[@LAST@], c[@VALUE@], c[@REST@], ends, c[@UNIT@],
                     c[@CLASS@], c[@LIMIT@], c[@LIMIT_REST@], c[@BEGIN@], c[@BORN@], c[@HELD@],
                     behind)
end

-- At least 0.
local function take(c, high, low)
  high, low = c[@VALUE@] - high, c[@REST@] - low
  if low < 0 then high, low = high - 1, low + @BILLION@ end
  if high < 0 then high, low = 0, 0 end
  c[@VALUE@], c[@REST@] = high, low
end

-- Drops the entries that have ended; their amounts go from the value, except in a breaker, which
-- counts its entries.
local function drop(c, text, now, take)
  local held = c[@HELD@]
  if not c.entries then
    c.entries = held > 0 and string.sub(text, @COUNTER_SIZE@ + 1) or ''
  end
  local ended = 0
  while ended < held do
    local ends, high, low = struct.unpack('@ENTRY_FORM@', c.entries, 1 + @ENTRY_SIZE@ * ended)
    if ends > now then break end
    if c[@CLASS@] ~= @BREAKER@ then take(c, high, low) end
    ended = ended + 1
  end
  if ended > 0 then
    c.entries, c[@HELD@] = string.sub(c.entries, 1 + @ENTRY_SIZE@ * ended), held - ended
  end
end

-- After drop(): behind all that end no later.
local function insert(c, ends, high, low)
  local at = c[@HELD@]
  while at > 0 and struct.unpack('<I8', c.entries, 1 + @ENTRY_SIZE@ * (at - 1)) > ends do
    at = at - 1
  end
  c.entries = string.sub(c.entries, 1, @ENTRY_SIZE@ * at) ..
              struct.pack('@ENTRY_FORM@', ends, high, low) ..
              string.sub(c.entries, 1 + @ENTRY_SIZE@ * at)
  c[@HELD@] = c[@HELD@] + 1
end
