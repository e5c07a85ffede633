"""The scripts that change records in Redis: each runs there as one step.

Names of keys are made in the scripts, all with the tag that is the first argument, so that a cluster keeps
them together. `all` and `owner:*` order records by their last write, `sizes` knows bytes and owner
of each.
"""

_DROP = """
local tag = ARGV[1]
local function drop(name)
  local known = redis.call('HGET', tag .. 'sizes', name)
  redis.call('DEL', tag .. 'record:' .. name)
  redis.call('ZREM', tag .. 'all', name)
  if known then
    local size, owner = string.match(known, '^(%d+):(.*)$')
    redis.call('HDEL', tag .. 'sizes', name)
    redis.call('DECRBY', tag .. 'used', size)
    redis.call('ZREM', tag .. 'owner:' .. owner, name)
  end
end
local function oldest(set)
  return redis.call('ZRANGE', set, 0, 0)[1]
end
"""

# Arguments: tag, name, owner, the version that is to be replaced, the new one, the data,
# milliseconds to live, records of an owner, records in all, bytes in all. 1 when it was written.
WRITE = (
    _DROP
    + """
local name, owner, old, new, data = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local live, each, most, size = ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local key, all, used = tag .. 'record:' .. name, tag .. 'all', tag .. 'used'
if (redis.call('HGET', key, 'version') or '') ~= old then return 0 end
drop(name)
if #data > size then return 1 end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local ended = string.format('%.0f', now - tonumber(live) * 1000)
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', all, '-inf', ended, 'LIMIT', 0, 100)) do
  drop(gone)
end
local at = string.format('%.0f', now)
redis.call('HSET', key, 'version', new, 'data', data)
redis.call('ZADD', all, at, name)
redis.call('HSET', tag .. 'sizes', name, #data .. ':' .. owner)
redis.call('INCRBY', used, #data)
if name ~= owner then
  local mine = tag .. 'owner:' .. owner
  redis.call('ZADD', mine, at, name)
  while redis.call('ZCARD', mine) > each do drop(oldest(mine)) end
  redis.call('PEXPIRE', mine, live)
end
while redis.call('ZCARD', all) > most or tonumber(redis.call('GET', used) or 0) > size do
  local last = oldest(all)
  if not last then redis.call('DEL', used) break end
  drop(last)
end
for _, kept in ipairs({key, all, used, tag .. 'sizes'}) do redis.call('PEXPIRE', kept, live) end
return 1
"""
)

# Arguments: tag, name.
FORGET = _DROP + "drop(ARGV[2])"

# Arguments: tag, owner.
FORGET_OWNER = (
    _DROP
    + """
for _, name in ipairs(redis.call('ZRANGE', tag .. 'owner:' .. ARGV[2], 0, -1)) do drop(name) end
drop(ARGV[2])
"""
)
