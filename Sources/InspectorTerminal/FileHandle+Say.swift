import Foundation

extension FileHandle {
    /// Writes to standard error. Where nobody can hear it, it is lost: there is nowhere left to say so.
    package static func say(_ text: String) {
        try? standardError.write(contentsOf: Data(text.utf8))
    }
}
