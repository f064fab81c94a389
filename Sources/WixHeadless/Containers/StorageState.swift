import Foundation
import VisitorSessions

/// Playwright's `storageState`: the cookies and local storage of a browser context.
/// `{"cookies":[{"name","value","domain"}],"origins":[{"origin","localStorage":[{"name","value"}]}]}`.
enum StorageState {
    static let name = "storageState file"

    /// Where its lists are (``JSONReader/outline(_:leavingOut:)``).
    static let cookies = "cookies"
    static let origins = "origins"

    /// `nil` where the document is something else.
    static func read(_ outline: JSONReader.Outline, now: Date) -> FoundTokens? {
        guard outline.has(cookies) || outline.has(origins) else { return nil }
        var list = FindingList()
        for cookie in outline.elements(cookies) { find(cookie.value, now: now, into: &list) }
        for (index, element) in outline.elements(origins).enumerated() {
            if let fault = element.fault, element.value.isNull {
                list.add(problem: UnreadableTokens("It cannot be read: \(fault.reason)."), at: "origin \(index + 1)")
            }
            let origin = element.value
            for area in ["localStorage", "sessionStorage"] {
                for item in origin[area]?.array ?? [] {
                    guard let item = NamedValue(item) else { continue }
                    let place =
                        "\(area) of \(SafeText.shown(origin["origin"]?.string ?? "?", limit: 64)), \(item.shown)"
                    item.find(at: place, now: now, into: &list)
                }
            }
        }
        return list.found(in: name)
    }

    /// A cookie as browsers' tools write it: in a list of its own, too.
    static func find(_ json: JSONValue, now: Date, into list: inout FindingList) {
        guard let cookie = NamedValue(json) else { return }
        let domain = json["domain"]?.string.map { " of " + SafeText.shown($0, limit: 64) } ?? ""
        cookie.find(at: "cookie \(cookie.shown)\(domain)", now: now, into: &list)
    }
}

extension NamedValue {
    /// `nil` where `json` has no name or no value.
    init?(_ json: JSONValue) {
        guard let name = json["name"]?.string, let value = json["value"]?.string else { return nil }
        self.init(name: name, value: value)
    }
}
