-- apply, part 4: the events in turn, then one write of what they changed.

local out, n = { epoch, 0, '', from, chain, '' }, 6
for i = 1, #events, 7 do
  local m, sender, identity = events[i + 1], events[i + 4], events[i + 5]
  local src = senders[sender]
  local fate
  if src == 0 then
    local body, id = sub(identity, 1, 16), sub(identity, 17)
    fate = verdict[sender] or identifyID(id, body)
    if not fate then
      fate = operate(events[i], m, events[i + 2], events[i + 3], events[i + 6])
      if sub(fate, 1, 1) == '!' then ids[id] = ids[id] .. sub(fate, 2) end
    end
  else
    fate = turned[src] or verdict[sender]
    if fate then
      turned[src] = fate
    else
      local seq, last, isNext, isOld = identity, lasts[src], nil, nil
      if type(seq) == 'number' and type(last) == 'number' then
        isNext, isOld = seq == last + 1, seq <= last
      else
        seq, isNext, isOld = place(seq, last)
      end
      if isNext then
        lasts[src], moved[src] = seq, true
        local op, score, tie = events[i], events[i + 2], events[i + 3]
        if op <= INCR and score and not tie then -- what operate finds too, but most events are such
          fate = update(op, m, score, tie, events[i + 6])
        else
          fate = operate(op, m, score, tie, events[i + 6])
        end
        if fate ~= '=' and sub(fate, 1, 1) == '!' then refuseSeq(src, seq, sub(fate, 2)) end
      elseif isOld then
        fate = refusalOf(src, seq)
      else
        fate = '<' .. seqText(last)
      end
    end
  end
  out[n + 1], out[n + 2] = fate, scores[m]
  n = n + 2
end

local list = {}
for src in pairs(moved) do
  list[#list + 1], list[#list + 2] = sources[src], seqText(lasts[src])
end
if #list > 0 then call('HSET', S, unpack(list)) end
for src in pairs(refused) do call('HSET', X, sources[src], pack(refusals[src])) end
if #newIDs > 0 then
  local bodies, times = {}, {}
  for _, id in ipairs(newIDs) do
    bodies[#bodies + 1], bodies[#bodies + 2] = id, ids[id]
    times[#times + 1], times[#times + 2] = idTime, id
  end
  call('HSET', I, unpack(bodies))
  call('ZADD', W, unpack(times))
end

if version ~= from then
  local log, k, gone = {}, 0, {}
  for m = 1, #members do
    if touched[m] then
      local score, row = scores[m], ''
      if score then
        row = packStruct(ROW, #score, score, ties[m]) .. details[m]
      else
        gone[#gone + 1] = members[m]
      end
      log[k + 1], log[k + 2] = members[m], row
      k = k + 2
    end
  end
  local kept = log
  if #gone > 0 then
    call('HDEL', R, unpack(gone))
    kept = {}
    for i = 1, k, 2 do
      if log[i + 1] ~= '' then kept[#kept + 1], kept[#kept + 2] = log[i], log[i + 1] end
    end
  end
  if #kept > 0 then call('HSET', R, unpack(kept)) end
  local body, to = pack(log), format('%.0f', version)
  chain = redis.sha1hex(chain .. '\n' .. was .. '\n' .. to .. '\n\n' .. redis.sha1hex(body))
  call('HSET', H, 'version', to, 'chain', chain)
  call('XADD', L, 'MAXLEN', '~', ARGV[6], to .. '-0', 'chain', chain, 'from', was, 'rows', body)
  out[6] = body

  -- Two marks (time, version): what is older than the older one goes when the
  -- newer one is half of what is kept behind.
  local keep = tonumber(ARGV[5])
  if now - tonumber(mark or 0) >= keep / 2 then
    local m = call('HMGET', H, 'mark', 'marked', 'mark2', 'marked2', 'snapshot')
    keep = math.max(keep, 2 * tonumber(m[5] or 0))
    if now - tonumber(m[1] or 0) >= keep / 2 then
      if m[3] and now - tonumber(m[3]) >= keep then call('XTRIM', L, 'MINID', '~', m[4] .. '-0') end
      call('HSET', H, 'mark', now, 'marked', to, 'mark2', m[1] or now, 'marked2', m[2] or to)
    end
  end
end
-- All were old: nothing is written that WAIT would speak of.
if ARGV[7] == '1' and version == from and #list == 0 and #newIDs == 0 then call('HSET', H, 'proof', '1') end
out[2], out[3] = version, chain
return out
