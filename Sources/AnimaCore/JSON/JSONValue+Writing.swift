extension JSONValue {
    /// The value as JSON on one line, members in the order of their names.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The value as JSON on one line in UTF-8, members in the order of their names.
    public var bytes: [UInt8] {
        var output: [UInt8] = []
        write(to: &output)
        return output
    }

    /// Appends the value as JSON in UTF-8, members in the order of their names.
    public func write(to output: inout [UInt8]) {
        switch self {
        case .null: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .int(let value): output += String(value).utf8
        case .double(let value): output += (value.isFinite ? "\(value)" : "null").utf8
        case .string(let value): Self.write(value, to: &output)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            var isFirst = true
            for value in values {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                value.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            var isFirst = true
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                Self.write(name, to: &output)
                output.append(UInt8(ascii: ":"))
                value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// Appends a text as JSON in UTF-8: in quotes, control characters as escapes.
    static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                // U+0080 to U+009F are controls too: C2 80 to C2 9F.
                let isLongControl = byte == 0xC2 && index + 1 < bytes.count && bytes[index + 1] < 0xA0
                if byte >= 0x20, byte != 0x22, byte != 0x5C, byte != 0x7F, !isLongControl {
                    index += 1
                    continue
                }
                output += bytes[start..<index]
                switch byte {
                case 0x22: output += "\\\"".utf8
                case 0x5C: output += "\\\\".utf8
                case 0x0A: output += "\\n".utf8
                case 0x0D: output += "\\r".utf8
                case 0x09: output += "\\t".utf8
                default:
                    let code = isLongControl ? bytes[index + 1] : byte
                    output += [0x5C, 0x75, 0x30, 0x30, digit(code >> 4), digit(code & 15)]
                    if isLongControl { index += 1 }
                }
                index += 1
                start = index
            }
            output += bytes[start...]
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
