#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A socket in a private directory where one other process hands over a descriptor of its own.
struct DescriptorDoor: Sendable {
    /// The path of the socket.
    let path: String
    private var directory: String { String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]) }

    /// Makes the directory and the socket.
    ///
    /// - Returns: The door and the socket that listens behind it; nil on failure, with `errno` telling why.
    static func make() -> (door: DescriptorDoor, listener: CInt)? {
        var template = Array("/tmp/anima-net-XXXXXX".utf8CString)
        guard template.withUnsafeMutableBufferPointer({ $0.baseAddress.flatMap { mkdtemp($0) } }) != nil else {
            return nil
        }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let door = DescriptorDoor(path: directory + "/door")
        #if canImport(Darwin)
        let listener = socket(AF_UNIX, SOCK_STREAM, 0)
        #else
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #endif
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: door.path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isOpen = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) == 0 }
        }
        guard listener >= 0, isOpen, listen(listener, 1) == 0 else {
            let failure = errno
            _ = close(listener)
            door.remove()
            errno = failure
            return nil
        }
        return (door, listener)
    }

    /// Waits for the other process and takes what it hands over.
    ///
    /// Blocks until then, or until the listening socket is shut down by another thread.
    ///
    /// - Returns: A descriptor that the caller closes; nil when none came.
    static func take(from listener: CInt) -> CInt? {
        var line: CInt
        repeat { line = accept(listener, nil, nil) } while line < 0 && errno == EINTR
        guard line >= 0 else { return nil }
        let connection = Descriptor(owning: line)
        // It sends at once; a peer that does not is none of ours.
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var byte: UInt8 = 0
        // A header (length, level and type) and one descriptor, as the 64-bit systems lay them out.
        var control = [UInt64](repeating: 0, count: 8)
        let closesOnExecution: CInt = 0x4000_0000
        let size = control.withUnsafeMutableBytes { control in
            withUnsafeMutableBytes(of: &byte) { byte in
                var vector = iovec(iov_base: byte.baseAddress, iov_len: 1)
                return withUnsafeMutablePointer(to: &vector) { vector in
                    var message = msghdr()
                    message.msg_iov = vector
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = numericCast(control.count)
                    let count = recvmsg(connection.value, &message, closesOnExecution)
                    return count == 1 ? Int(message.msg_controllen) : 0
                }
            }
        }
        guard size >= 20, control[0] == 20 else { return nil }
        let kind = (CInt(truncatingIfNeeded: control[1]), CInt(truncatingIfNeeded: control[1] >> 32))
        return kind == (SOL_SOCKET, 1 /* SCM_RIGHTS */) ? CInt(truncatingIfNeeded: control[2]) : nil
    }

    /// Takes the socket and its directory away.
    func remove() {
        unlink(path)
        rmdir(directory)
    }
}
