import Anima
import Foundation

/// From the start of the process to its answer.
enum Starting {
    static func measure(into report: inout Report, anima: String, scratch: String) throws {
        let configuration = "\(scratch)/start.toml"
        try """
        [agent]
        name = "start"
        [model]
        use = "reflex"
        [tools]
        use = ["basic"]
        [gate]
        allow = ["basic"]
        """
        .write(toFile: configuration, atomically: true, encoding: .utf8)
        let home = "\(scratch)/home"
        var first: [Double] = []
        var whole: [Double] = []
        var peak: [Double] = []
        for _ in 0..<25 {
            let figures = try run([anima, "run", configuration, "add 2 and 40", "--home", home])
            first.append(figures.first)
            whole.append(figures.whole)
            peak.append(figures.peak)
        }
        report.add("anima run, start to first output, wall", Measure.median(first), "ms", aim: 15)
        report.add("anima run, start to end, wall", Measure.median(whole), "ms")
        report.add("anima run, peak memory", Measure.median(peak), "MiB", aim: 20)
    }

    private static func run(_ arguments: [String]) throws -> (first: Double, whole: Double, peak: Double) {
        var pipe: [Int32] = [0, 0]
        guard Foundation.pipe(&pipe) == 0 else { throw StartError(description: "no pipe") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
        posix_spawn_file_actions_adddup2(&actions, pipe[1], 2)
        posix_spawn_file_actions_addclose(&actions, pipe[0])
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let began = ContinuousClock.now
        guard posix_spawn(&pid, arguments[0], &actions, nil, &words, environ) == 0 else {
            throw StartError(description: "can't start \(arguments[0])")
        }
        close(pipe[1])
        var byte: UInt8 = 0
        _ = read(pipe[0], &byte, 1)
        let first = Measure.milliseconds(ContinuousClock.now - began)
        while read(pipe[0], &byte, 1) > 0 {}
        close(pipe[0])
        var status: Int32 = 0
        var usage = rusage()
        wait4(pid, &status, 0, &usage)
        let whole = Measure.milliseconds(ContinuousClock.now - began)
        guard status == 0 else { throw StartError(description: "anima failed with \(status)") }
        #if os(macOS)
        let peak = Double(usage.ru_maxrss) / 1_048_576
        #else
        let peak = Double(usage.ru_maxrss) / 1024
        #endif
        return (first, whole, peak)
    }
}

struct StartError: Error, CustomStringConvertible {
    let description: String
}
