import Foundation

/// What a person calls a store: its kind, and its path with the home folder shortened.
enum StoreName {
    static func of(_ url: URL, home: String = FileManager.default.homeDirectoryForCurrentUser.path) -> String {
        let path = url.path
        guard home.count > 1, path.hasPrefix(home + "/") else { return "sqlite \(path)" }
        return "sqlite ~\(path.dropFirst(home.count))"
    }
}
