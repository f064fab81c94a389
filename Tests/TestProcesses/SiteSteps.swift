package import Foundation
import Synchronization

/// Tells a site (`steps.cjs`) what to do, one step at a time.
package final class SiteSteps: Sendable {
    package static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "LiveSessionsTests/Fixtures/steps.cjs").path

    /// The site's second argument.
    package let folder: String
    private let number = Mutex(0)

    /// - Parameter folder: A new folder.
    package init(in folder: URL) throws {
        self.folder = folder.path
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Begins a step without waiting for its result.
    package func begin(_ step: String) throws {
        let number = number.withLock { number in
            number += 1
            return number
        }
        try Data(step.utf8).write(to: URL(filePath: "\(folder)/step-\(number)"), options: .atomic)
    }

    /// The result of the last step that was begun.
    package func result() async throws -> String {
        let file = "\(folder)/result-\(number.withLock { $0 })"
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if FileManager.default.fileExists(atPath: file) { return try String(contentsOfFile: file, encoding: .utf8) }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw POSIXError(.ETIMEDOUT)
    }

    package func take(_ step: String) async throws -> String {
        try begin(step)
        return try await result()
    }

    /// Takes a step until its result is as expected: changes by other processes arrive a moment later. Returns the last result.
    package func take(_ step: String, until expected: String) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(15)
        var result = try await take(step)
        while result != expected, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
            result = try await take(step)
        }
        return result
    }

    deinit {
        try? begin("end")
    }
}
