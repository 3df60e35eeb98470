/// Takes what a program prints.
protocol OutputSink: Sendable {
    /// Takes the next bytes of the stream.
    func take(_ bytes: UnsafeRawBufferPointer)

    /// Nothing more comes.
    func finish()
}
