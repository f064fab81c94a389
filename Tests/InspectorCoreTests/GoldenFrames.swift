import Foundation
import Testing

/// Screens as plain text, beside the tests.
///
/// `UPDATE_GOLDEN=1 swift test` writes them anew: look at every change before it is committed.
enum GoldenFrames {
    static func expect(
        _ screen: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try (screen + "\n").write(to: file, atomically: true, encoding: .utf8)
        }
        let golden = try String(contentsOf: file, encoding: .utf8)
        #expect(screen + "\n" == golden, "\(name) looks different", sourceLocation: sourceLocation)
    }
}
