import Foundation
import InspectorTerminal

/// Asks before something is lost.
enum Question {
    /// Whether the answer is `y`. Throws `refusal` where there is no terminal to ask at.
    static func isConfirmed(_ question: String, otherwise refusal: Failure) throws -> Bool {
        guard isatty(STDIN_FILENO) == 1 else { throw refusal }
        FileHandle.say("\(question) [y/N] ")
        return readLine() == "y"
    }
}
