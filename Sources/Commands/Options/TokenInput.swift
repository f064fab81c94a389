import Foundation
import VisitorSessions

/// Text with tokens, from a file or standard input.
enum TokenInput {
    private static let limit = 4 << 20

    /// Reads all of it. `nil` and `-` are standard input.
    static func read(_ path: String?) throws -> Data {
        let name = path.flatMap { $0 == "-" ? nil : $0 }
        if name == nil, isatty(STDIN_FILENO) == 1 {
            StandardError.say("Paste the tokens, then press Enter and Ctrl-D. Ctrl-C leaves all as it is.")
        }
        let source = name.map { "The file \(Quotation.of($0))" } ?? "Standard input"
        let data: Data
        do {
            let handle = try name.map { try FileHandle(forReadingFrom: URL(filePath: $0)) } ?? .standardInput
            data = try handle.read(upToCount: limit + 1) ?? Data()
        } catch {
            throw Failure(.unreadableInput, "\(source) cannot be read: \(error.reason)")
        }
        guard data.count <= limit else {
            throw Failure(.unreadableInput, "The input is over 4 MiB: those are no tokens.")
        }
        return data
    }
}
