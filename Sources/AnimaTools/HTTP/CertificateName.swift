import NIOCore
import NIOSSL

/// Whether certificates are made out to the host that was asked for.
///
/// The TLS library also takes one that is made out to the number it connected to. Whoever can answer for a name in DNS and
/// has a certificate for a number of his own would pass for that name, so a certificate for a name has to say the name.
enum CertificateName {
    /// Looks at the certificate of a new connection before anything is sent; closes the connection when it is another's.
    static func check(_ channel: any Channel, for host: String) -> EventLoopFuture<Void> {
        channel.nioSSL_peerCertificate()
            .flatMapThrowing { certificate in
                let names = certificate.map { $0._subjectAlternativeNames() }?
                    .filter { $0.nameType == .dnsName }
                    .map { String(decoding: $0.contents, as: UTF8.self) }
                guard names?.contains(where: { matches($0, host) }) == true else {
                    channel.close(promise: nil)
                    throw WebFailure("no secure connection to \(host): its certificate is not made out to this name")
                }
            }
    }

    /// Whether a name of a certificate stands for a host (RFC 9525, 6.3): a first part `*` stands for any one part.
    ///
    /// - Parameter host: In lowercase, without a dot at its end.
    static func matches(_ name: String, _ host: String) -> Bool {
        var name = name.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        guard name.hasPrefix("*.") else { return !name.isEmpty && name == host }
        guard let dot = host.firstIndex(of: "."), dot != host.startIndex else { return false }
        return name.dropFirst(2) == host[host.index(after: dot)...]
    }
}
