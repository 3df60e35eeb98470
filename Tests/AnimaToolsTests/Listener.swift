import Testing

@testable import AnimaTools

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Something that listens on a port of this machine.
final class Listener {
    private let descriptor: Descriptor
    let port: UInt16

    init() throws {
        let value = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        descriptor = Descriptor(owning: value)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(value, pointer, size) | listen(value, 8) | getsockname(value, pointer, &size)
            }
        }
        try #require(result == 0)
        port = UInt16(bigEndian: address.sin_port)
    }

    /// Another descriptor of the socket, which the caller closes.
    func copy() throws -> CInt {
        let copy = fcntl(descriptor.value, F_DUPFD_CLOEXEC, 0)
        try #require(copy >= 0)
        return copy
    }
}
