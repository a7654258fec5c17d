-- apply: one batch of events, in one atomic step. The script is this file and
-- then apply_identity.lua, apply_op.lua and apply_write.lua.
--
-- KEYS  head h, scores z, rows r, source seqs s, source generations g,
--       refusals of sources x, ids i, times of ids w, changelog l
-- ARGV  1 the batch, packed as four lists, in which false is nothing:
--         members  the distinct members
--         sources  the distinct sources
--         senders  (index of the source, 0 = by id; epoch; generation) …
--         events   (op, index of the member, score, tie, index of the sender,
--                   identity, details) …
--       2 now, µs since 1970; 0 = this server's clock
--       3 how long an id is remembered, µs   4 how many ids are at once
--       5 how long the changelog is kept, µs   6 how many batches it keeps
--       7 "1" = write also if all are old, so that a proof is of them too
--       Score: text, false = out of range. Tie: true = out of range.
--       Identity: a seq below 10^15 as number, a greater one as text "seq-1
--       seq"; by id: hash of the body (16 bytes) and id. Details: name, group and
--       cells, packed; of the op refused the refusal found at the door.
-- Returns {} if there is no board, else {epoch, to, chain, from, chain before,
--       rows, then (fate, score) of each event}. rows is a packed list: (member,
--       row) of each member touched, row "" = removed; "" if nothing changed.
--       A row is score (its length in a byte, its text), tie (8 bytes) and
--       details. Fates: = applied, one version more; . applied, nothing changed;
--       + best and improved, - best and not; ~ duplicate; <N gap after seq N;
--       !key refused; !{…} refused at the door.
-- Cost  O(n log m) for n events on m members. On a shared core one event takes
--       0.1 ms, 64 take 1.1 ms on 10,000 members and 1.8 ms on 1,000,000, where 64
--       bare ZINCRBYs in a pipeline take 0.9 ms.
--
-- Numbers. Scores are text that Go or Redis printed so that it reads back as
-- the same double; here they are compared as numbers and never added or printed.
-- Versions are integers below 2^53, each exact as a double: "%.0f" prints all
-- of its digits, struct packs them as 64-bit integers, ties too, and Redis
-- returns them as such.
-- tostring and .. keep 14 digits only and touch no number here. Seqs go up to
-- 2^64-1: those from 10^15 on stay text and are compared as text.

local call, format, sub, tonumber = redis.call, string.format, string.sub, tonumber
local pack, unpacked = cmsgpack.pack, cmsgpack.unpack
local packStruct, unpackStruct, ROW = struct.pack, struct.unpack, '>Bc0i8'
local H, Z, R, S, G, X, I, W, L = unpack(KEYS)
local MAX = 9007199254740992 -- 2^53
local MAX_CELLS = 8192       -- bytes, leaderboard.MaxCellBytes
local MAX_REFUSED = 256      -- per source, leaderboard.MaxRefused
local MAX_EXPIRED = 256      -- ids forgotten in one call; 64 can come
local INCR, BEST, REMOVE, PATCH, REFUSED = 2, 3, 4, 5, 6 -- 1 is set

local epoch, was, chain, rule, order, mark =
  unpack(call('HMGET', H, 'epoch', 'version', 'chain', 'tie', 'order', 'mark'))
if not epoch then return {} end
local from = tonumber(was)
local version = from

local members, sources, senders, events = unpacked(ARGV[1])
local now = tonumber(ARGV[2])
if now == 0 then
  local t = call('TIME')
  now = tonumber(t[1]) * 1000000 + tonumber(t[2])
end

-- The rows of the members, taken apart; score false = not on the board.
local scores, ties, details = {}, {}, {}
local touched = {}
if #members > 0 then
  local rows = call('HMGET', R, unpack(members))
  for m = 1, #members do
    local row = rows[m]
    if row then
      local at
      scores[m], ties[m], at = unpackStruct(ROW, row)
      details[m] = at > #row and '' or sub(row, at)
    else
      scores[m], ties[m], details[m] = false, 0, ''
    end
  end
end
