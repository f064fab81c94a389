import VisitorSessions

/// Playwright's `storageState`: the cookies and local storage of a browser context.
/// `{"cookies":[{"name","value","domain"}],"origins":[{"origin","localStorage":[{"name","value"}]}]}`.
enum StorageState {
    static let name = "storageState file"

    /// The paths of its lists (``JSONReader/outline(_:leavingOut:)``).
    static let cookies = "cookies"
    static let origins = "origins"

    /// Returns whether the document is one.
    static func find(in outline: JSONReader.Outline, _ finder: inout TokenFinder, _ context: TokenFinder.Context)
        -> Bool
    {
        guard outline.has(cookies) || outline.has(origins) else { return false }
        finder.apart { finder in
            finder.find(outline.elements(cookies).compactMap { Field($0.value) }, context)
        }
        for (index, element) in outline.elements(origins).enumerated() {
            if let fault = element.fault {
                finder.add(
                    problem: UnreadableTokens("It can't be read: \(fault.reason)."), context.at("origin \(index + 1)"))
            }
            let origin = Field.shown(element.value["origin"]?.string ?? "?")
            for area in ["localStorage", "sessionStorage"] {
                let fields = (element.value[area]?.array ?? []).compactMap { Field($0) }
                finder.apart { $0.find(fields, context.at("\(area) of \(origin)")) }
            }
        }
        return true
    }
}
