// Every word on the page that is not a number or a letter of a formula. {names} are filled in by the
// views, which own the marks: tokens in serif, numbers in ink.

export const en = {
  page: {
    untrained: "Head {head}. Weights set by hand, not trained.",
    weight: "weight",
    sentence: "Sentence",
    tokens: "Tokens, with the weights that {focus} gives them",
    lookFrom: "look from {token}",
    loading: "Loading the core …",
    loadFailed: "The core could not be loaded, so nothing here can be edited. {reason}",
    noWebAssembly: "This browser has WebAssembly switched off or does not know it.",
    retry: "Try again",
    empty: "No tokens yet. Type a sentence, and its attention appears.",
    notComputed:
      "The numbers of this sentence could not be computed, so none are shown: {reason}. A shorter sentence or fewer heads may do; Undo goes back.",
  },
  lead: {
    one: "{focus} looks mostly at {a}, {share}.",
    two: "{focus} looks mostly at {a} and {b}, {share} each.",
    three: "{focus} looks mostly at {a}, {b} and {c}, {share} each.",
    many: "{focus} looks mostly at {a}, {b} and {count} others, {share} each.",
    alike: "{focus} looks at all {count} tokens alike, {share} each.",
    only: "{focus} sees only itself, {share}.",
    itself: "itself",
  },
  strip: {
    label: "Settings",
    heads: "Heads",
    head: "Head {head}",
    addHead: "Add a head",
    removeHead: "Remove the last head",
    positions: "Positions",
    scale: "Scale by √{headDim}",
    causal: "Causal mask",
    undo: "Undo",
    reset: "Reset",
  },
  steps: {
    vectors: {
      title: "Words become vectors",
      lead: "Each token is a row of {dModel} numbers, yours to edit.",
      same: "{a} and {b} hold the same numbers: until positions are on, nothing below can tell them apart.",
      again:
        "{a} and {b} are one word with one vector: until positions are on, nothing below can tell them apart.",
      plain: "{focus} is {vector}.",
      positions:
        "A pattern of sines and cosines is added for its place: {focus}, at place {place}, goes on as {vector}.",
      invented: "* nobody gave this word a vector; these numbers are made from its letters.",
      hint: "tap a number to change it",
    },
    projections: {
      title: "Query, key, value",
      lead: "Three products read the same row. {focus} asks with its {query}, is found by its {key} and hands over its {value}.",
      equal: "Here {wq}, {wk} and {wv} are equal, so all three are {vector}.",
      different: "They are {q}, {k} and {v}.",
    },
    scores: {
      title: "Score every pair",
      lead: "Rows ask, columns answer. The query of {focus} meets the key of {best}: {sum}, the highest score in its row.",
      shared:
        "Rows ask, columns answer. The query of {focus} meets the key of {best}: {sum}, the highest score in its row, shared with {others}.",
      others: "{count} others",
    },
    softmax: {
      title: "Scale, then softmax",
      scaled:
        "Each score is divided by {root}, the root of the head dimension, then a softmax turns the row into weights that add up to 1.",
      unscaled:
        "The scale is off, so the scores go as they are into a softmax, which turns the row into weights that add up to 1.",
      gives: "{focus} gives {best} {most} and {worst} {least}.",
      alone: "{focus} gives itself all of it.",
      causal:
        "The mask hides what comes after the asking token: hatched pairs get no weight at all.",
    },
    mix: {
      title: "Mix the values",
      lead: "The new vector of {focus} is a blend of {count} values by the weights of its row: {shares}. It comes out as {vector}.",
      alone:
        "{focus} gives itself all of its weight, so its new vector is its own value, {vector}.",
      share: "{share} of {token}",
      rest: "a little of the rest",
    },
    heads: {
      title: "Several heads at once",
      one: "One head is all there is now. Add another, and it repeats steps 2 to 5 with weights of its own.",
      many: "Every head repeats steps 2 to 5 with its own weights. Head {other} makes {focus} look at {best} instead.",
      agree:
        "Every head repeats steps 2 to 5 with its own weights. Head {other} makes {focus} look at {best} too.",
      mixes:
        "The outputs stand side by side, and {wo} mixes them back to {dModel} numbers per token.",
      shown: "Head {head}, shown above",
      head: "Head {head}",
      show: "Show head {head} in steps 2 to 5",
      seeded: "small numbers from seed {seed}",
      shapeOfX: "the shape of X",
    },
  },
  /** Marks by name, for sentences in which they would pass for punctuation. */
  marks: {
    ".": "the full stop",
    ",": "the comma",
    ";": "the semicolon",
    ":": "the colon",
    "!": "the exclamation mark",
    "?": "the question mark",
    "…": "the ellipsis",
    "(": "the opening bracket",
    ")": "the closing bracket",
    "«": "the opening quotation mark",
    "»": "the closing quotation mark",
    '"': "the quotation mark",
  },
  axes: { from: "from (query) ↓", to: "to (key) →", dim: "dimension {index}" },
  kinds: {
    embedding: "embedding",
    position: "position",
    input: "input",
    projection: "projection matrix",
    query: "query",
    key: "key",
    value: "value",
    score: "score",
    logit: "logit",
    weight: "weight",
    output: "output",
    concat: "concat",
    result: "layer output",
  },
  reading: {
    label: "The number under the pointer",
    step: "Step {step}, {kind}",
    stepOfHead: "Step {step}, {kind}, head {head}",
    pair: "From {query} to {key}.",
    largest: "From {query} to {key}, the largest in its row.",
    hidden: "hidden",
    masked: "{query} comes before {key}, and the causal mask lets no token look ahead.",
    exact: "Exactly {exact}, as the core holds it.",
    edited: "Edited. It was {original}.",
    invented: "Made from the word itself, because nobody gave it a vector.",
  },
  fields: {
    heads: "The number of heads",
    head: "The shown head",
    focus: "The focus token",
    positions: "Positions",
    scale: "The scale",
    causal: "The causal mask",
    dModel: "The model dimension",
    headDim: "The head dimension",
    transposed: "W_Q turned round",
    window: "The sliding window",
    softcap: "The softcap",
    temperature: "The temperature",
    padding: "The padding",
    randomSeed: "The seed of random matrices",
    seed: "The seed",
  },
  refusals: {
    empty: "A number is missing. Expected one such as −0.5.",
    notNumber: "“{text}” is not a number. Expected one such as −0.5, .4 or 1e3.",
    value: "{value} is too large. Expected a number from −{limit} to {limit}.",
    tokens: "That makes {count} tokens. The page takes at most {limit}.",
    characters: "That is {count} characters. The page takes at most {limit}.",
    range: "{field} can be from {min} to {max}, so not {value}.",
    onOrOff: "{field} can be on or off, so not {value}.",
    notSquare: "Only a square matrix can be turned round in place; this one is {rows}×{cols}.",
    block:
      "The pasted block is {rows}×{cols}, but from this cell on there is room for {roomRows}×{roomCols}.",
    ragged:
      "Row {row} of the pasted block has {count} numbers and the first has {first}. Expected rows of one length.",
    inForce: "The cell stays at {value}.",
    sentenceInForce: "The last sentence stays in force.",
  },
};

export const words = en;
