-- Wireshark's dissector for yamux (https://github.com/hashicorp/yamux/blob/master/spec.md), for Wireshark 3.6 and later.
--
-- Frames are put together across TCP segments. TCP port 7777 is taken for yamux, the port of captures by yamux-conform; any
-- other with "Decode As", and a connection that begins with two right headers is recognised by itself.

local yamux = Proto("yamux", "Yamux stream multiplexer")

local HEADER = 12
local TYPES = { [0] = "Data", [1] = "Window Update", [2] = "Ping", [3] = "Go Away" }
local CODES = { [0] = "normal termination", [1] = "protocol error", [2] = "internal error" }
local FLAGS = { { 0x1, "SYN" }, { 0x2, "ACK" }, { 0x4, "FIN" }, { 0x8, "RST" } }

local f = {
  version = ProtoField.uint8("yamux.version", "Version"),
  type = ProtoField.uint8("yamux.type", "Type", base.DEC, TYPES),
  flags = ProtoField.uint16("yamux.flags", "Flags", base.HEX),
  syn = ProtoField.bool("yamux.flags.syn", "SYN", 16, nil, 0x1),
  ack = ProtoField.bool("yamux.flags.ack", "ACK", 16, nil, 0x2),
  fin = ProtoField.bool("yamux.flags.fin", "FIN", 16, nil, 0x4),
  rst = ProtoField.bool("yamux.flags.rst", "RST", 16, nil, 0x8),
  unknown = ProtoField.uint16("yamux.flags.unknown", "Unknown", base.HEX, nil, 0xfff0),
  stream = ProtoField.uint32("yamux.stream", "Stream"),
  length = ProtoField.uint32("yamux.length", "Length"),
  delta = ProtoField.uint32("yamux.window.delta", "Window delta"),
  value = ProtoField.uint32("yamux.ping.value", "Opaque value"),
  code = ProtoField.uint32("yamux.goaway.code", "Code", base.DEC, CODES),
  data = ProtoField.bytes("yamux.data", "Data"),
  garbage = ProtoField.bytes("yamux.garbage", "No frame"),
}
yamux.fields = f

local unlawful = ProtoExpert.new("yamux.unlawful", "A header from which no receiver may go on", expert.group.PROTOCOL, expert.severity.ERROR)
local mistyped = ProtoExpert.new("yamux.stream.wrong", "Wrong stream number for this type", expert.group.PROTOCOL, expert.severity.WARN)
yamux.experts = { unlawful, mistyped }

yamux.prefs.ports = Pref.range("TCP ports", "7777", "Ports that are taken for yamux", 65535)

-- From which frame and offset on a direction of a connection is no frames any more.
local lost = {}

local function direction(pinfo)
  return tostring(pinfo.src) .. ":" .. pinfo.src_port .. ">" .. tostring(pinfo.dst) .. ":" .. pinfo.dst_port
end

local function flag_names(bits)
  local names = {}
  for _, flag in ipairs(FLAGS) do
    if bit.band(bits, flag[1]) ~= 0 then names[#names + 1] = flag[2] end
  end
  local rest = bit.band(bits, 0xfff0)
  if rest ~= 0 then names[#names + 1] = string.format("0x%x", rest) end
  return table.concat(names, "+")
end

local function is_lawful(version, kind)
  return version == 0 and TYPES[kind] ~= nil
end

-- What the length means: its field, and the words for the list of packets.
local function meaning(kind, value)
  if kind == 0 then return f.length, "len=" .. value end
  if kind == 1 then return f.delta, "+" .. value end
  if kind == 2 then return f.value, "#" .. value end
  if kind == 3 then return f.code, CODES[value] or ("code=" .. value) end
  return nil, "length=" .. value
end

local function add_header(tvb, tree, kind)
  tree:add(f.version, tvb(0, 1))
  tree:add(f.type, tvb(1, 1))
  local bits = tvb(2, 2):uint()
  local flags = tree:add(f.flags, tvb(2, 2))
  if bits ~= 0 then flags:append_text(" (" .. flag_names(bits) .. ")") end
  for _, name in ipairs({ "syn", "ack", "fin", "rst", "unknown" }) do
    flags:add(f[name], tvb(2, 2))
  end
  tree:add(f.stream, tvb(4, 4))
  tree:add(f.length, tvb(8, 4))
  local field = meaning(kind, tvb(8, 4):uint())
  if field and field ~= f.length then tree:add(field, tvb(8, 4)) end
end

-- One whole frame; the words for the list of packets.
local function dissect_frame(tvb, tree)
  local version, kind = tvb(0, 1):uint(), tvb(1, 1):uint()
  local bits, stream, value = tvb(2, 2):uint(), tvb(4, 4):uint(), tvb(8, 4):uint()
  local subtree = tree:add(yamux, tvb())
  add_header(tvb, subtree, kind)
  local words = { TYPES[kind] or ("type " .. kind) }
  if bits ~= 0 then words[#words + 1] = "[" .. flag_names(bits) .. "]" end
  if stream ~= 0 or kind < 2 then words[#words + 1] = "stream=" .. stream end
  local _, amount = meaning(kind, value)
  words[#words + 1] = amount
  local text = table.concat(words, " ")
  subtree:append_text(": " .. text)
  if not is_lawful(version, kind) then
    subtree:add_proto_expert_info(unlawful)
  elseif (kind < 2) == (stream == 0) then
    subtree:add_proto_expert_info(mistyped)
  end
  if tvb:len() > HEADER then subtree:add(f.data, tvb(HEADER)) end
  return text
end

local function frame_length(tvb, offset)
  local kind = tvb(offset + 1, 1):uint()
  if kind ~= 0 or tvb(offset, 1):uint() ~= 0 then return HEADER end
  return HEADER + tvb(offset + 8, 4):uint()
end

-- Behind an unlawful header no boundary of frames is known.
local function add_garbage(tvb, offset, pinfo, tree)
  tree:add(yamux, tvb(offset)):add(f.garbage, tvb(offset))
  pinfo.cols.info:append(" [no frame]")
end

function yamux.dissector(tvb, pinfo, tree)
  pinfo.cols.protocol = "YAMUX"
  local way = direction(pinfo)
  local offset, said = 0, {}
  if lost[way] and pinfo.number > lost[way] then
    add_garbage(tvb, 0, pinfo, tree)
    return tvb:len()
  end
  while offset < tvb:len() do
    local rest = tvb:len() - offset
    local length = rest >= HEADER and frame_length(tvb, offset) or nil
    if not length or rest < length then
      pinfo.desegment_offset = offset
      pinfo.desegment_len = length and (length - rest) or DESEGMENT_ONE_MORE_SEGMENT
      break
    end
    said[#said + 1] = dissect_frame(tvb(offset, length):tvb(), tree)
    local is_right = is_lawful(tvb(offset, 1):uint(), tvb(offset + 1, 1):uint())
    offset = offset + length
    if not is_right then
      lost[way] = pinfo.number
      if offset < tvb:len() then add_garbage(tvb, offset, pinfo, tree) end
      break
    end
  end
  if #said > 0 then pinfo.cols.info = table.concat(said, ", ") end
  return tvb:len()
end

function yamux.init()
  lost = {}
end

-- Two right headers, or one that is all there is.
local function looks_right(tvb)
  if tvb:len() < HEADER then return false end
  local offset, seen = 0, 0
  while seen < 2 and tvb:len() - offset >= HEADER do
    local version, kind = tvb(offset, 1):uint(), tvb(offset + 1, 1):uint()
    local bits, stream = tvb(offset + 2, 2):uint(), tvb(offset + 4, 4):uint()
    if not is_lawful(version, kind) or bits > 0xf or (kind < 2) == (stream == 0) then return false end
    offset, seen = offset + frame_length(tvb, offset), seen + 1
  end
  return seen == 2 or offset == tvb:len()
end

yamux:register_heuristic("tcp", function(tvb, pinfo, tree)
  if not looks_right(tvb) then return false end
  pinfo.conversation = yamux
  yamux.dissector(tvb, pinfo, tree)
  return true
end)

local ports = DissectorTable.get("tcp.port")
ports:add(yamux.prefs.ports, yamux)

function yamux.prefs_changed()
  ports:remove_all(yamux)
  ports:add(yamux.prefs.ports, yamux)
end
