extension Unicode.Scalar {
    /// Whether a terminal may obey it, or show nothing or something else in its place: controls, separators of lines, what
    /// orders or formats other text, fillers, and code points without a meaning of their own.
    ///
    /// The categories and `Default_Ignorable_Code_Point` of Unicode tell (UAX #44). It is the one rule for untrusted text.
    package var isInvisible: Bool {
        if value < 0x7F { return value < 0x20 }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return true
        default: return properties.isDefaultIgnorableCodePoint
        }
    }
}
