import Foundation
import Yams

/// `config.yml`: profiles, and which one is taken unasked.
struct ConfigurationFile: Decodable, Equatable {
    struct Profile: Decodable, Equatable {
        var clientID: String?
        var issuer: String?
        var store: String?
        var readOnly: Bool?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case clientID = "client-id"
            case issuer, store
            case readOnly = "read-only"
        }

        init(from decoder: any Decoder) throws {
            try decoder.refuseUnknownKeys(CodingKeys.self)
            let object = try decoder.container(keyedBy: CodingKeys.self)
            clientID = try object.decodeIfPresent(String.self, forKey: .clientID)
            issuer = try object.decodeIfPresent(String.self, forKey: .issuer)
            store = try object.decodeIfPresent(String.self, forKey: .store)
            readOnly = try object.decodeIfPresent(Bool.self, forKey: .readOnly)
        }
    }

    var profile: String?
    var profiles: [String: Profile] = [:]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case profile, profiles
    }

    init() {}

    init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let object = try decoder.container(keyedBy: CodingKeys.self)
        profile = try object.decodeIfPresent(String.self, forKey: .profile)
        profiles = try object.decodeIfPresent([String: Profile].self, forKey: .profiles) ?? [:]
    }

    /// Reads the file. `nil`: there is none.
    static func read(_ url: URL) throws -> ConfigurationFile? {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        do {
            let text = try String(contentsOf: url, encoding: .utf8)
            if text.allSatisfy(\.isWhitespace) { return ConfigurationFile() }
            return try YAMLDecoder().decode(ConfigurationFile.self, from: text)
        } catch let DecodingError.dataCorrupted(context) {
            throw Failure(.configuration, "\(url.path): \(context.debugDescription)")
        } catch let DecodingError.typeMismatch(_, context) {
            let place = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw Failure(.configuration, "\(url.path): “\(place)” has a value of the wrong kind.")
        } catch {
            throw Failure(.configuration, "\(url.path) cannot be read: \(error.localizedDescription)")
        }
    }
}

extension Decoder {
    /// A key that nobody knows is a mistake that would otherwise go unnoticed.
    fileprivate func refuseUnknownKeys<Known: CodingKey & CaseIterable>(_ known: Known.Type) throws {
        let names = Known.allCases.map(\.stringValue)
        for key in try container(keyedBy: AnyKey.self).allKeys where !names.contains(key.stringValue) {
            let message = "Nothing is called “\(key.stringValue)” here. There are: \(names.joined(separator: ", "))."
            throw DecodingError.dataCorrupted(.init(codingPath: codingPath, debugDescription: message))
        }
    }
}

private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int?

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
