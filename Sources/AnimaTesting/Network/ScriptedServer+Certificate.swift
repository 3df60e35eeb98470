import NIOSSL

extension ScriptedServer {
    /// The certificate of secure servers (PEM), which signs itself: for `localhost`, 127.0.0.1, ::1, and the names one
    /// below `test` and `internal`; valid until 2126.
    public static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIB1zCCAX6gAwIBAgIUP57Zwjtuj4t1WZNuerMg7nUp160wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzEwMDgxNVoYDzIxMjYxMDMw
        MTAwODE1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAAQCAZ54b0Zxz4d8/zRGeEdXy3HcxhRSfNxDrM37TPMtwMWfr1SY+l22
        4tVm0TDciThsYv2Az9sIopkVdopsPv53o4GrMIGoMB0GA1UdDgQWBBT9+pO5X/Zi
        OZ51yMfqGy3e/ndoQzAfBgNVHSMEGDAWgBT9+pO5X/ZiOZ51yMfqGy3e/ndoQzAP
        BgNVHRMBAf8EBTADAQH/MEAGA1UdEQQ5MDeCCWxvY2FsaG9zdIIGKi50ZXN0ggoq
        LmludGVybmFshwR/AAABhxAAAAAAAAAAAAAAAAAAAAABMBMGA1UdJQQMMAoGCCsG
        AQUFBwMBMAoGCCqGSM49BAMCA0cAMEQCIDbqeALb/jjgAYvel5DKaWmU2yBQIROD
        92XQi5/796ycAiAGRYokwZLr+sw8oXtraB6pk2FsNf0NQBp0rPBviNAEFw==
        -----END CERTIFICATE-----

        """

    /// The key of the certificate; it secures nothing, since it is public.
    private static let privateKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgV0p3GybJGXqo/Xf3
        PIju3fmdOS/H9cyUPbNloKKBTMChRANCAAQCAZ54b0Zxz4d8/zRGeEdXy3HcxhRS
        fNxDrM37TPMtwMWfr1SY+l224tVm0TDciThsYv2Az9sIopkVdopsPv53
        -----END PRIVATE KEY-----

        """

    static func tlsContext() throws -> NIOSSLContext {
        let certificates = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8))
        let key = try NIOSSLPrivateKey(bytes: Array(privateKey.utf8), format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: certificates.map { .certificate($0) },
                privateKey: .privateKey(key)
            )
        )
    }
}
