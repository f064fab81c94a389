/// The issuer may not be asked just now, for whichever session: by its budget, its own word, or because it does not answer.
struct HeldBack: Error, Hashable, Sendable {
    /// Not before this instant of the clock that nobody sets.
    var until: Duration

    /// Why, in a sentence for a person.
    var reason: String
}
