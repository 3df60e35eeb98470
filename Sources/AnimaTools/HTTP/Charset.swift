import CLibXML2

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Turns the bytes of an answer into text by the character set that it names.
enum Charset {
    /// Decodes; what is invalid becomes U+FFFD.
    ///
    /// - Parameter label: As `Content-Type` or the page names it; a byte order mark goes over it, UTF-8 stands for none and
    ///   for one that nobody knows.
    static func decode(_ bytes: [UInt8], label: String?) -> String {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return String(decoding: bytes.dropFirst(3), as: UTF8.self) }
        if bytes.starts(with: [0xFF, 0xFE]) { return convert(Array(bytes.dropFirst(2)), from: "UTF-16LE") }
        if bytes.starts(with: [0xFE, 0xFF]) { return convert(Array(bytes.dropFirst(2)), from: "UTF-16BE") }
        if let name = label.flatMap(name), name != "UTF-8" { return convert(bytes, from: name) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The label in a `Content-Type` value.
    static func label(inContentType value: String) -> String? {
        for parameter in value.split(separator: ";").dropFirst() {
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, trimmed(parts[0]).lowercased() == "charset" else { continue }
            return trimmed(parts[1])
        }
        return nil
    }

    /// The label that a page names in its first bytes.
    static func label(inPage bytes: [UInt8]) -> String? {
        // ASCII is read the same in all sets that a page could name in it.
        let start = String(decoding: bytes.prefix(1024).map { $0 < 0x80 ? $0 : 0x20 }, as: UTF8.self).lowercased()
        guard let range = start.firstRange(of: "charset=") else { return nil }
        let name = trimmed(start[range.upperBound...].prefix { !";>/ ".contains($0) })
        // A page that could be read so far is not in UTF-16, whatever it says.
        return name.hasPrefix("utf-16") ? "utf-8" : name
    }

    /// The name by which a label is converted; nil for one that is not taken.
    ///
    /// As browsers do, some labels are read as the larger set that pages mean by them (WHATWG Encoding, 4.2).
    static func name(_ label: String) -> String? {
        let label = label.lowercased()
        switch label {
        case "utf-8", "utf8", "unicode-1-1-utf-8": return "UTF-8"
        case "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "l1", "ascii", "us-ascii", "cp1252", "windows-1252":
            return "WINDOWS-1252"
        case "gb2312", "gbk", "gb_2312-80", "x-gbk": return "GB18030"
        case "shift_jis", "shift-jis", "sjis", "x-sjis": return "CP932"
        case "euc-kr", "ks_c_5601-1987": return "CP949"
        case "iso-8859-9", "latin5": return "WINDOWS-1254"
        case "tis-620", "iso-8859-11": return "CP874"
        default:
            let families = [
                "utf-16", "utf-32", "iso-8859-", "windows-", "koi8-", "big5", "gb18030", "euc-", "iso-2022-jp", "mac",
                "ibm", "cp",
            ]
            let isPlain = label.utf8.count <= 24 && label.utf8.allSatisfy { Self.isNameByte($0) }
            return isPlain && families.contains(where: label.hasPrefix) ? label.uppercased() : nil
        }
    }

    private static func convert(_ bytes: [UInt8], from name: String) -> String {
        // What can't be converted is told by a pointer of all ones.
        guard let converter = iconv_open("UTF-8", name), converter != UnsafeMutableRawPointer(bitPattern: -1) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        defer { iconv_close(converter) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var input = bytes.map { CChar(bitPattern: $0) }
        input.withUnsafeMutableBufferPointer { input in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { output in
                var from = input.baseAddress
                var left = input.count
                while left > 0 {
                    var to = output.baseAddress
                    var room = output.count
                    let code = iconv(converter, &from, &left, &to, &room)
                    let problem = code == -1 ? errno : 0
                    result += output[..<(output.count - room)].map { UInt8(bitPattern: $0) }
                    if problem == 0 || problem == E2BIG { continue }
                    result += Array("\u{FFFD}".utf8)
                    if problem != EILSEQ { return }
                    from = from.map { $0 + 1 }
                    left -= 1
                }
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { " \t\"'".contains($0) }.reversed().drop { " \t\"'".contains($0) }.reversed())
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-_".utf8.contains(byte)
        }
    }
}
