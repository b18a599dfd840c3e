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
    },
    Resident {
        code: "en",
        name: "English",
        right_to_left: false,
        title: "What may we do with your words?",
        explanation: "It is your choice. If you say no, we write the conversation down but do not use your words for that. You can change your mind later.",
        yes: "Yes",
        no: "No",
    },
    Resident {
        code: "tr",
        name: "Türkçe",
        right_to_left: false,
        title: "Sözlerinizle ne yapabiliriz?",
        explanation: "Seçim sizin. Hayır derseniz konuşmayı yazarız ama sözlerinizi bunun için kullanmayız. Daha sonra fikrinizi değiştirebilirsiniz.",
        yes: "Evet",
        no: "Hayır",
    },
    Resident {
        code: "ar",
        name: "العربية",
        right_to_left: true,
        title: "ماذا يمكننا أن نفعل بكلامك؟",
        explanation: "الخيار لك. إذا قلت لا، نكتب الحديث ولكن لا نستخدم كلامك لهذا الغرض. ويمكنك أن تغيّر رأيك لاحقًا.",
        yes: "نعم",
        no: "لا",
    },
];

/// The texts in this language, or in Dutch.
pub(crate) fn resident(code: &str) -> &'static Resident {
    RESIDENTS
        .iter()
        .find(|texts| texts.code == code)
        .unwrap_or(&RESIDENTS[0])
}
