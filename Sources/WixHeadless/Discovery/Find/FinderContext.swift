import struct Foundation.Date

extension TokenFinder {
    /// Where in the input the finder is, and what is known about that place.
    struct Context {
        /// The enclosing places, outermost first, for display.
        var places: [String] = []

        /// The layers that were removed (``TextDecoder``), outermost first.
        var steps: [String] = []

        /// The name of the nearest enclosing field.
        var name = ""
        var group = ""
        var clientID: String?

        /// The local time, used to compute an expiry from a lifetime.
        var now: Date
        var depth = 0

        /// Whether a visitor's tokens are expected here. Where they aren't, unreadable values aren't reported as
        /// problems.
        var isExpected = true

        /// Whether this is one of several lines, which may be prose.
        var isLine = false

        var place: String { places.joined(separator: ", ") }

        func at(_ place: String, expecting: Bool? = nil) -> Context {
            var inner = self
            if !place.isEmpty { inner.places.append(place) }
            inner.depth += 1
            inner.isExpected = expecting ?? isExpected
            return inner
        }
    }
}
