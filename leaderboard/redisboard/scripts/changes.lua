-- changes: a page of the changelog, bounded in bytes. It only reads.
--
-- KEYS  changelog l
-- ARGV  1 from which id, ( = after it   2 to which id   3 so many bytes end the
--       page   4 so many entries do
-- Returns entries as XRANGE does; none if there are no more.
-- Cost  O(entries), about 1 ms for half a megabyte. A page holds up to STEP
--       entries more than its bytes allow.

local STEP = 8 -- an entry of 64 rows of 8 KiB is half a megabyte
local out, n, bytes, from = {}, 0, 0, ARGV[1]
local most, limit = tonumber(ARGV[3]), tonumber(ARGV[4])
while n < limit and bytes < most do
  local step = redis.call('XRANGE', KEYS[1], from, ARGV[2], 'COUNT', STEP)
  for _, entry in ipairs(step) do
    n = n + 1
    out[n] = entry
    for _, text in ipairs(entry[2]) do bytes = bytes + #text end
  end
  if #step < STEP then break end
  from = '(' .. out[n][1]
end
return out
