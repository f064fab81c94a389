import Foundation
import LiveSessions
import Testing
import VisitorSessions

@testable import Commands

@Suite("The ends of a recording")
struct RunCommandTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "run-\(SessionID().prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    @Test("Tokens that couldn't be stored are saved to a private file, also if nothing else was recorded")
    func rescue() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var summary = LiveRun.Summary()
        summary.unstored = [Tokens(refreshToken: RefreshToken(Secret("only-copy")))]
        summary.report(ifNone: "Nothing was recorded.", environment: ["XDG_RUNTIME_DIR": folder.path])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let file = folder.appending(path: try #require(names.first))
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(names.count == 1 && text.contains("only-copy"))
    }

    @Test("Sockets are in the runtime folder, but not if it is missing, another user's, or its path is too long")
    func folders() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        func parent(_ runtime: String?) -> String {
            RunCommand.folder(runtime.map { ["XDG_RUNTIME_DIR": $0] } ?? [:]).deletingLastPathComponent()
                .standardizedFileURL.path
        }
        let other = FileManager.default.temporaryDirectory.standardizedFileURL.path
        #expect(parent(folder.path) == folder.standardizedFileURL.path)
        let long = folder.appending(path: String(repeating: "x", count: 120))
        try FileManager.default.createDirectory(at: long, withIntermediateDirectories: true)
        for runtime in [nil, "relative", folder.path + "/missing", "/proc/self", long.path] {
            #expect(parent(runtime) == other, "\(runtime ?? "none")")
        }
    }
}
