"""Words in context: one word, many vectors, and what tells its senses apart.

- :mod:`.sentences`: sentences with senses, typed, from a file, or ready; :mod:`.occurrences`: the
  word in each of them.
- :mod:`.vectors`: its hidden states at every layer, the one call behind the page.
- :mod:`.geometry`: what is compared: centred or not, without dominating dimensions, and how
  alike random words are; :mod:`.neighbours`: what lies next to one occurrence.
- :mod:`.projection`: the vectors in the plane.
- :mod:`.readings`: the word in five ways, from a table without context to both sides at once;
  :mod:`.scoring`: how well senses are told apart; :mod:`.senses`: by each of the five.
- :mod:`.layers`: the other way round, all pieces of one sentence from layer to layer.
"""
