//! What residents read themselves at the consent questions, whatever language the screen has.
//!
//! These texts are examples: the organisation that asks has to approve them.

pub(crate) struct Resident {
    pub(crate) code: &'static str,
    /// The language's name in itself.
    pub(crate) name: &'static str,
    pub(crate) right_to_left: bool,
    pub(crate) title: &'static str,
    pub(crate) explanation: &'static str,
    pub(crate) yes: &'static str,
    pub(crate) no: &'static str,
    /// What stood before, and what stands now: `first: no → now: yes`.
    pub(crate) first: &'static str,
    pub(crate) now: &'static str,
    pub(crate) no_answer: &'static str,
    /// Two people asked at once, and the answers differ.
    pub(crate) disputed: &'static str,
    /// Not asked any more, and answered with yes before.
    pub(crate) said_yes_before: &'static str,
    /// Not without a name, but with one.
    pub(crate) contradiction: &'static str,
    pub(crate) only_with_name: &'static str,
    pub(crate) without_name_too: &'static str,
    pub(crate) neither: &'static str,
    /// What happens now, above the button that ends the questions.
    pub(crate) what_now: &'static str,
    pub(crate) what_now_text: &'static str,
    pub(crate) go_on: &'static str,
    /// The answers once more.
    pub(crate) check: &'static str,
    pub(crate) nothing_changes: &'static str,
    pub(crate) some_open: &'static str,
    pub(crate) right: &'static str,
    pub(crate) change: &'static str,
    pub(crate) not_kept: &'static str,
    pub(crate) thanks: &'static str,
    pub(crate) give_back: &'static str,
}

pub(crate) static RESIDENTS: [Resident; 4] = [
    Resident {
        code: "nl",
        name: "Nederlands",
        right_to_left: false,
        title: "Wat mogen we met uw woorden doen?",
        explanation: "U kiest zelf. Zegt u nee, dan schrijven we het gesprek op, maar gebruiken we uw woorden daar niet voor. U kunt later van gedachten veranderen.",
        yes: "Ja",
        no: "Nee",
        first: "eerst",
        now: "nu",
        no_answer: "Geen antwoord, dus nee",
        disputed: "Hier staan twee verschillende antwoorden. Kies opnieuw.",
        said_yes_before: "Hier zei u eerder ja op. We vragen dit niet meer. U kunt uw ja houden of intrekken.",
        contradiction: "U zegt: zonder mijn naam niet, met mijn naam wel. Wat bedoelt u?",
        only_with_name: "Alleen met mijn naam erbij",
        without_name_too: "Zonder mijn naam mag ook",
        neither: "Mijn woorden mogen niet in het programma",
        what_now: "Wat gebeurt er nu?",
        what_now_text: "Uw antwoorden worden bewaard bij het gesprek. Wilt u later iets veranderen? Zeg het tegen een medewerker van de koffiekar.",
        go_on: "Verder",
        check: "Dit zijn uw antwoorden. Klopt het?",
        nothing_changes: "Er verandert niets.",
        some_open: "Zonder antwoord gebruiken we uw woorden daar niet voor.",
        right: "Ja, dit klopt",
        change: "Ik wil iets veranderen",
        not_kept: "Uw antwoorden zijn niet bewaard. Geef de tablet terug aan de medewerker en zeg dit.",
        thanks: "Dank u wel",
        give_back: "Uw antwoorden zijn bewaard. Geef de tablet terug aan de medewerker.",
    },
    Resident {
        code: "en",
        name: "English",
        right_to_left: false,
        title: "What may we do with your words?",
        explanation: "It is your choice. If you say no, we write the conversation down but do not use your words for that. You can change your mind later.",
        yes: "Yes",
        no: "No",
        first: "before",
        now: "now",
        no_answer: "No answer, so no",
        disputed: "There are two different answers here. Please choose again.",
        said_yes_before: "You said yes to this before. We do not ask it any more. You can keep your yes or take it back.",
        contradiction: "You say: not without my name, but with my name. What do you mean?",
        only_with_name: "Only with my name",
        without_name_too: "Without my name is fine too",
        neither: "My words may not be in the programme",
        what_now: "What happens now?",
        what_now_text: "Your answers are kept with the conversation. Do you want to change something later? Tell somebody of the coffee cart.",
        go_on: "Continue",
        check: "These are your answers. Are they right?",
        nothing_changes: "Nothing changes.",
        some_open: "Without an answer we do not use your words for that.",
        right: "Yes, this is right",
        change: "I want to change something",
        not_kept: "Your answers were not kept. Please give the tablet back and say so.",
        thanks: "Thank you",
        give_back: "Your answers are kept. Please give the tablet back.",
    },
    Resident {
        code: "tr",
        name: "Türkçe",
        right_to_left: false,
        title: "Sözlerinizle ne yapabiliriz?",
        explanation: "Seçim sizin. Hayır derseniz konuşmayı yazarız ama sözlerinizi bunun için kullanmayız. Daha sonra fikrinizi değiştirebilirsiniz.",
        yes: "Evet",
        no: "Hayır",
        first: "önce",
        now: "şimdi",
        no_answer: "Cevap yok, yani hayır",
        disputed: "Burada iki farklı cevap var. Lütfen yeniden seçin.",
        said_yes_before: "Buna daha önce evet dediniz. Artık bunu sormuyoruz. Evet cevabınızı koruyabilir veya geri alabilirsiniz.",
        contradiction: "Adım olmadan hayır, adımla evet dediniz. Ne demek istiyorsunuz?",
        only_with_name: "Yalnızca adımla birlikte",
        without_name_too: "Adım olmadan da olur",
        neither: "Sözlerim programa konmasın",
        what_now: "Şimdi ne olacak?",
        what_now_text: "Cevaplarınız konuşmayla birlikte saklanır. Daha sonra bir şeyi değiştirmek isterseniz kahve arabasındaki bir görevliye söyleyin.",
        go_on: "Devam",
        check: "Cevaplarınız bunlar. Doğru mu?",
        nothing_changes: "Hiçbir şey değişmiyor.",
        some_open: "Cevap vermezseniz sözlerinizi bunun için kullanmayız.",
        right: "Evet, doğru",
        change: "Bir şeyi değiştirmek istiyorum",
        not_kept: "Cevaplarınız saklanmadı. Lütfen tableti görevliye geri verin ve bunu söyleyin.",
        thanks: "Teşekkür ederiz",
        give_back: "Cevaplarınız saklandı. Lütfen tableti görevliye geri verin.",
    },
    Resident {
        code: "ar",
        name: "العربية",
        right_to_left: true,
        title: "ماذا يمكننا أن نفعل بكلامك؟",
        explanation: "الخيار لك. إذا قلت لا، نكتب الحديث ولكن لا نستخدم كلامك لهذا الغرض. ويمكنك أن تغيّر رأيك لاحقًا.",
        yes: "نعم",
        no: "لا",
        first: "من قبل",
        now: "الآن",
        no_answer: "لا جواب، أي لا",
        disputed: "هنا جوابان مختلفان. اختر من جديد من فضلك.",
        said_yes_before: "قلت نعم لهذا من قبل. لم نعد نسأل عنه. يمكنك أن تُبقي على جوابك أو تسحبه.",
        contradiction: "قلت: لا من دون اسمي، ونعم مع اسمي. ماذا تقصد؟",
        only_with_name: "فقط مع اسمي",
        without_name_too: "يمكن أيضًا من دون اسمي",
        neither: "لا أريد أن يُنشر كلامي في البرنامج",
        what_now: "ماذا يحدث الآن؟",
        what_now_text: "تُحفظ أجوبتك مع الحديث. إذا أردت أن تغيّر شيئًا لاحقًا، فقل ذلك لأحد العاملين في عربة القهوة.",
        go_on: "متابعة",
        check: "هذه أجوبتك. هل هي صحيحة؟",
        nothing_changes: "لا يتغيّر شيء.",
        some_open: "من دون جواب لا نستخدم كلامك لهذا الغرض.",
        right: "نعم، هذا صحيح",
        change: "أريد أن أغيّر شيئًا",
        not_kept: "لم تُحفظ أجوبتك. أعد الجهاز إلى العامل من فضلك وقل له ذلك.",
        thanks: "شكرًا لك",
        give_back: "حُفظت أجوبتك. أعد الجهاز إلى العامل من فضلك.",
    },
];

impl Resident {
    pub(crate) fn direction(&self) -> &'static str {
        if self.right_to_left { "rtl" } else { "ltr" }
    }
}

/// The texts in this language, or in Dutch.
pub(crate) fn resident(code: &str) -> &'static Resident {
    RESIDENTS
        .iter()
        .find(|texts| texts.code == code)
        .unwrap_or(&RESIDENTS[0])
}
