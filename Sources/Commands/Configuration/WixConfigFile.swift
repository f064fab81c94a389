import Foundation
import VisitorSessions

/// `wix.config.json`, as projects that Wix manages have it.
enum WixConfigFile {
    private struct Contents: Decodable {
        var appId: String?
    }

    /// The client ID in the folder's file. `nil` where there is none, or where it is not to be read: the file
    /// belongs to another tool, and is a mere help here.
    static func appID(inFolder folder: String) -> String? {
        let url = URL(filePath: folder).appending(path: "wix.config.json")
        guard let data = try? RegularFile.read(url, limit: 1 << 20) else { return nil }
        return try? JSONDecoder().decode(Contents.self, from: data).appId?.nonEmpty
    }
}
