import Foundation

/// `wix.config.json`, as projects that Wix manages have it.
enum WixConfigFile {
    private struct Contents: Decodable {
        var appId: String?
    }

    /// The client ID in the folder's file. `nil` where there is none, or where it is not to be read: the file
    /// belongs to another tool, and is a mere help here.
    static func appID(inFolder folder: String) -> String? {
        guard let data = FileManager.default.contents(atPath: folder + "/wix.config.json") else { return nil }
        return try? JSONDecoder().decode(Contents.self, from: data).appId?.nonEmpty
    }
}
