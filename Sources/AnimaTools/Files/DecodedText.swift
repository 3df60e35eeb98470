/// A file's text as UTF-8, with the encoding that it was in.
struct DecodedText: Sendable {
    /// How a text is stored.
    enum Encoding: Hashable, Sendable {
        case utf8
        case utf8WithMark
        case utf16LittleEndian
        case utf16BigEndian
        case latin1

        /// For the model.
        var name: String {
            switch self {
            case .utf8: "UTF-8"
            case .utf8WithMark: "UTF-8 with a byte order mark"
            case .utf16LittleEndian: "UTF-16, little endian, with a byte order mark"
            case .utf16BigEndian: "UTF-16, big endian, with a byte order mark"
            case .latin1: "not UTF-8; probably Latin-1 (ISO 8859-1)"
            }
        }
    }

    let encoding: Encoding
    /// The text; of UTF-8 exactly the bytes of the file.
    let utf8: [UInt8]

    /// Reads bytes as the text that they most likely are; nil for what looks binary.
    init?(_ bytes: [UInt8]) {
        if Self.hasUTF16Mark(bytes) {
            let isLittle = bytes[0] == 0xFF
            guard let text = Self.utf16(bytes.dropFirst(2), isLittle: isLittle) else { return nil }
            utf8 = text
            encoding = isLittle ? .utf16LittleEndian : .utf16BigEndian
        } else if bytes.withUnsafeBytes({ Lines.looksBinary($0) }) {
            return nil
        } else if String(validating: bytes, as: UTF8.self) != nil {
            utf8 = bytes
            encoding = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? .utf8WithMark : .utf8
        } else if Self.looksLikeLatin1(bytes) {
            utf8 = bytes.flatMap { $0 < 0x80 ? [$0] : [0xC0 | $0 >> 6, 0x80 | $0 & 0x3F] }
            encoding = .latin1
        } else {
            return nil
        }
    }

    /// Whether bytes begin with the byte order mark of UTF-16.
    static func hasUTF16Mark(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
    }

    private static func utf16(_ bytes: ArraySlice<UInt8>, isLittle: Bool) -> [UInt8]? {
        guard bytes.count.isMultiple(of: 2) else { return nil }
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2)
        for index in stride(from: bytes.startIndex, to: bytes.endIndex, by: 2) {
            let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            units.append(isLittle ? second << 8 | first : first << 8 | second)
        }
        guard !units.contains(0) else { return nil }
        return String(validating: units, as: UTF16.self).map { Array($0.utf8) }
    }

    /// Whether every byte is a printing character or a usual control character of Latin-1, and at least half are ASCII.
    private static func looksLikeLatin1(_ bytes: [UInt8]) -> Bool {
        var high = 0
        for byte in bytes {
            switch byte {
            case 0x09, 0x0A, 0x0C, 0x0D, 0x1B, 0x20...0x7E: continue
            case 0xA0...: high += 1
            default: return false
            }
        }
        return high * 2 <= bytes.count
    }
}

/// What the first bytes of a binary file say about it.
enum BinaryKind {
    private static let marks: [(bytes: [UInt8], name: String)] = [
        ([0x89, 0x50, 0x4E, 0x47], "a PNG image"), ([0xFF, 0xD8, 0xFF], "a JPEG image"),
        (Array("GIF8".utf8), "a GIF image"), (Array("%PDF-".utf8), "a PDF document"),
        ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive, or a document in one (docx, xlsx, jar, …)"),
        ([0x1F, 0x8B], "a gzip archive"), ([0x42, 0x5A, 0x68], "a bzip2 archive"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "an xz archive"), ([0x28, 0xB5, 0x2F, 0xFD], "a zstd archive"),
        ([0x37, 0x7A, 0xBC, 0xAF], "a 7z archive"), ([0x7F, 0x45, 0x4C, 0x46], "an ELF program or library"),
        ([0xCF, 0xFA, 0xED, 0xFE], "a Mach-O program or library"), (Array("MZ".utf8), "a Windows program"),
        (Array("SQLite format 3\0".utf8), "an SQLite database"), (Array("RIFF".utf8), "RIFF data (WebP, WAV or AVI)"),
        (Array("OggS".utf8), "Ogg sound or video"), (Array("ID3".utf8), "an MP3 sound"),
        (Array("fLaC".utf8), "a FLAC sound"), ([0x00, 0x61, 0x73, 0x6D], "a WebAssembly module"),
    ]

    /// What it probably is, for the model.
    static func name(of bytes: some Collection<UInt8>) -> String {
        marks.first { bytes.starts(with: $0.bytes) }?.name ?? "of no kind that is known"
    }
}
