#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension Bytes {
    /// Whether a sequence stands in another one; as fast as the C library.
    static func contains(_ needle: [UInt8], in bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            needle.withUnsafeBytes { needle in
                guard let start = bytes.baseAddress, let wanted = needle.baseAddress, needle.count <= bytes.count else {
                    return false
                }
                let first = Int32(needle[0])
                var place = start
                var left = bytes.count
                while left >= needle.count, let next = memchr(place, first, left - needle.count + 1) {
                    if memcmp(next, wanted, needle.count) == 0 { return true }
                    place = UnsafeRawPointer(next) + 1
                    left = start + bytes.count - place
                }
                return false
            }
        }
    }
}
