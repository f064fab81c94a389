package import Foundation

extension URL {
    /// The file that it leads to: every link is followed, also the last one of those that lead to nothing.
    package var linkTarget: URL {
        var target = self
        for _ in 0..<40 {
            guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: target.path) else { break }
            target = URL(filePath: path, relativeTo: target.deletingLastPathComponent()).absoluteURL
        }
        return target.resolvingSymlinksInPath()
    }
}
