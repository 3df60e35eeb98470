/// What is known about words.
enum WordForms {
    /// Words that every text has, so that nothing is found by them.
    static let stopWords: Set<String> = Set(
        """
        a about after again against ain all also am an and any are aren as at be because been before being below \
        between both but by can cannot could couldn d did didn do does doesn doing don done down during each few for \
        from further get gets getting got had hadn has hasn have haven having he her here hers herself hey hi him \
        himself his how i if in into is isn it its itself just ll let m may me might mightn more most mustn my myself \
        needn no nor not of off oh ok okay on once only or other ought our ours ourselves out over own re really s \
        same shall shan she should shouldn so some such t than that the their theirs them themselves then there these \
        they this those through to too under until up us ve very was wasn we were weren what when where which while \
        who whom whose why will with would wouldn wow yeah yes you your yours yourself yourselves
        """
        .split(separator: " ").map(String.init)
    )

    /// Words by which a question asks for a time.
    static let asksForTime: Set<String> = ["when", "date", "day", "month", "year", "long", "often", "recently"]

    /// Words by which a text names a time.
    static let namesTime: Set<String> = Set(
        """
        today tonight yesterday tomorrow ago last next week weekend month year monday tuesday wednesday thursday friday \
        saturday sunday january february march april june july august september october november december morning \
        evening night summer winter spring autumn recently soon since
        """
        .split(separator: " ").map(String.init)
    )

    /// The base forms of those words.
    static let namesTimeTerms: Set<String> = Set(namesTime.map { TextAnalysis.base(of: $0) })

    /// Words by which a speaker means himself.
    static let firstPerson: Set<String> = ["i", "me", "my", "mine", "myself", "we", "our", "us"]

    /// The base forms of words that have irregular ones.
    static let irregular: [String: String] = {
        let lines = """
            go goes went gone|buy bought|make made|take took taken|give gave given|see saw seen|find found|feel felt
            meet met|begin began begun|write wrote written|run ran|eat ate eaten|drink drank drunk|drive drove driven
            ride rode ridden|fly flew flown|grow grew grown|know knew known|think thought|teach taught|catch caught
            bring brought|build built|lose lost|win won|leave left|sell sold|tell told|say said|speak spoke spoken
            swim swam swum|sing sang sung|wear wore worn|break broke broken|choose chose chosen|fall fell fallen
            hear heard|keep kept|pay paid|send sent|spend spent|sleep slept|stand stood|understand understood
            hold held|lead led|become became|come came|draw drew drawn|throw threw thrown|forget forgot forgotten
            hide hid hidden|fight fought|seek sought|shoot shot|steal stole stolen|wake woke woken|bear bore borne
            bite bit bitten|blow blew blown|deal dealt|dig dug|dream dreamt|feed fed|freeze froze frozen|hang hung
            lay laid|lend lent|mean meant|ring rang rung|rise rose risen|shake shook shaken|shine shone|sink sank sunk
            sit sat|slide slid|stick stuck|strike struck|sweep swept|swing swung|tear tore torn|prove proven
            show shown|swear swore sworn|weave wove woven|bend bent|bind bound|breed bred|burn burnt|cling clung
            flee fled|forbid forbade forbidden|forgive forgave forgiven|grind ground|learn learnt|light lit|spin spun
            spring sprang sprung|weep wept|wind wound|withdraw withdrew withdrawn
            child children|person people persons|man men|woman women|foot feet|tooth teeth|mouse mice|wife wives
            life lives|knife knives|leaf leaves|half halves|shelf shelves|wolf wolves|loaf loaves|thief thieves
            mother mom mum mommy mummy|father dad daddy|photo photos photograph photographs pic pics|bike bicycle
            television tv|telephone phone|fridge refrigerator|color colour|favorite favourite|center centre
            theater theatre|good better best|bad worse worst
            """
        var forms: [String: String] = [:]
        for line in lines.split(whereSeparator: { $0 == "\n" || $0 == "|" }) {
            let words = line.split(separator: " ").map(String.init)
            for word in words.dropFirst() { forms[word] = words[0] }
        }
        return forms
    }()

    /// Words that speak of like things, by the base form of each; a question's word finds the others, with less weight.
    static let related: [String: [String]] = {
        let groups = """
            kid child son daughter baby toddler|book novel read author library|dog puppy pet|cat kitten pet
            job career work profession occupation employ|movie film cinema|hobby activity interest pastime
            friend buddy pal|car vehicle drive|trip travel vacation journey holiday visit tour|picture photo image
            paint art draw artwork sketch|music song band concert|wedding marry marriage husband wife spouse
            relationship date partner marry single divorce|allergy allergic|exercise workout gym fitness
            volunteer charity donate|restaurant dinner lunch breakfast eat food meal|cook bake recipe dish
            game play|doctor hospital health medical clinic|medicine drug pill treatment|school college university
            education degree class course study|buy purchase order|begin start launch|home house apartment flat
            city town|country nation|move relocate|family parent mother father sister brother|award prize win medal
            contest competition tournament match|sport team athlete|relax rest calm unwind|like love enjoy favorite
            hate dislike|gift present|happy glad excited joy|sad upset unhappy|fear afraid scared worry anxious
            religion church faith spiritual|problem issue challenge difficulty trouble|error bug fault failure
            help support assist|teach mentor tutor coach|company business firm startup|money finance budget salary
            instrument guitar piano violin drum|nature outdoor hike camp forest mountain|sea beach ocean coast
            journal diary|write author|finish end complete|stop quit|shop store mall|attend join participate
            event conference meeting workshop|plan goal dream intend|injury hurt accident wound|ill sick disease
            big large huge|small little tiny|near close nearby|sibling brother sister|birthday born age
            garden plant flower|language speak|talk discuss conversation|call phone|mail letter message
            computer laptop|software program code|server host deploy|password secret key|file document
            boss manager lead|colleague coworker|rain weather snow storm|cost price expensive cheap|rent lease
            live reside address|name call|colleague team|ally supporter|hope wish want|fix repair|plane flight airport
            train railway station|tea coffee drink beverage|wine beer alcohol|sweet dessert cake chocolate
            vegetarian vegan meat|cloth dress shirt wear|shoe boot|beautiful pretty|fast quick|smart clever
            """
        var related: [String: [String]] = [:]
        for group in groups.split(whereSeparator: { $0 == "\n" || $0 == "|" }) {
            let terms = group.split(separator: " ").map { TextAnalysis.base(of: String($0)) }
            for term in terms {
                for other in terms where other != term && related[term]?.contains(other) != true {
                    related[term, default: []].append(other)
                }
            }
        }
        return related
    }()

    /// Letters without their accents.
    static let plain: [Unicode.Scalar: String] = {
        let groups = [
            ("a", "àáâãäåāăą"), ("c", "çćĉċč"), ("d", "ďđð"), ("e", "èéêëēĕėęě"), ("g", "ĝğġģ"), ("h", "ĥħ"),
            ("i", "ìíîïĩīĭįı"), ("j", "ĵ"), ("k", "ķ"), ("l", "ĺļľŀł"), ("n", "ñńņňŉ"), ("o", "òóôõöøōŏő"),
            ("r", "ŕŗř"),
            ("s", "śŝşš"), ("t", "ţťŧ"), ("u", "ùúûüũūŭůűų"), ("w", "ŵ"), ("y", "ýÿŷ"), ("z", "źżž"), ("ss", "ß"),
            ("ae", "æ"), ("oe", "œ"), ("th", "þ"),
        ]
        var plain: [Unicode.Scalar: String] = [:]
        for (base, letters) in groups {
            for letter in letters.unicodeScalars { plain[letter] = base }
        }
        return plain
    }()
}
