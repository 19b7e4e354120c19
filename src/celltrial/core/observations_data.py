"""What is observed of a person, by code: names, the unit it is stated in, what else converts, and the range it can have.

Molar masses are sums of the IUPAC standard atomic weights (2021) as laboratories print them: creatinine 113.12, urea 60.056
(60.06), urea nitrogen 28.014 for the two atoms of nitrogen in a molecule of urea, bilirubin 584.66, glucose 180.156,
cholesterol 386.65, triglycerides 885.4 (triolein), urate 168.11, lactate 90.08, phosphate as phosphorus 30.974, single ions
for sodium, potassium, calcium, magnesium; testosterone 288.42. Haemoglobin in mmol/L is the single chain with one iron (16114.5 g/mol),
as laboratories in Germany, Denmark and the Netherlands print it. Factors were compared with those that JAMA prints (instructions for authors).
Not converted, because the factor depends on the assay or on how a molecule is counted: CRP in nmol/L, ferritin in pmol/L, soluble IL-2 receptor
in pg/mL, hepatitis B DNA between IU and copies, D-dimer between FEU and DDU, clearance with and without 1.73 m2, copies
between microgram DNA, millilitre and cell. AFP in IU/mL (1.21 ng per IU, WHO 72/225) is general knowledge not yet held
against its source: marked in `DOUBTFUL`, not converted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: code, English names, Chinese names (divided by "|"; the first is shown), units (UCUM, the first is the one stated by default;
#: "" is a number without unit, None in place of units is a yes/no or a word).
Row = tuple[str, str, str, str | None]

ROWS: Final[tuple[Row, ...]] = (
    # a person and the disease
    ("age", "Age|age at consent", "年龄", "a mo wk d"),
    ("body_weight", "Body weight|weight", "体重", "kg g"),
    ("height", "Height|body height", "身高", "cm m mm"),
    ("ecog", "ECOG performance status|ECOG|performance status", "ECOG评分|体能状态评分|ECOG体能状态", "1"),
    ("karnofsky", "Karnofsky performance status|Karnofsky|KPS", "Karnofsky评分|KPS评分", "1"),
    ("life_expectancy", "Life expectancy|expected survival", "预期生存期|预计生存期", "wk mo d a"),
    ("prior_lines", "Prior lines of therapy|prior lines|previous lines", "既往治疗线数|既往治疗线数（线）", "1"),
    ("diagnosis_confirmed", "Diagnosis confirmed", "诊断明确", None),
    ("measurable_disease", "Measurable disease", "可测量病灶", None),
    ("disease_stage", "Disease stage|stage", "疾病分期|分期", None),
    ("refractory_to", "Refractory to", "难治药物类别", None),
    ("target_antigen_positive_cells", "Target antigen positive cells", "靶抗原阳性细胞比例", "%"),
    ("hla_type", "HLA type|HLA typing", "HLA分型", None),
    ("pregnancy_test", "Pregnancy test|hCG test", "妊娠试验|妊娠检测", None),
    ("pregnancy_intended", "Pregnancy intended", "计划妊娠", None),
    ("contraception_agreed", "Contraception agreed", "同意避孕", None),
    ("active_infection", "Active infection", "活动性感染", None),
    ("active_cns_disease", "Active CNS disease", "活动性中枢神经系统疾病", None),
    ("active_autoimmune_disease", "Active autoimmune disease", "活动性自身免疫性疾病", None),
    ("prior_car_t", "Prior CAR-T therapy", "既往CAR-T治疗", None),
    ("prior_allogeneic_transplant", "Prior allogeneic transplant", "既往异基因移植", None),
    ("hepatitis_b_dna_positive", "Hepatitis B DNA positive", "乙肝病毒DNA阳性", None),
    ("hiv_positive", "HIV positive", "HIV阳性", None),
    ("blood_or_marrow_involvement", "Malignant cells in blood or marrow", "血液或骨髓受累", None),
    ("other", "Other", "其他", None),
    # signs
    ("body_temperature", "Body temperature|temperature", "体温", "Cel [degF]"),
    ("oxygen_saturation", "Oxygen saturation|SpO2|SaO2", "血氧饱和度|指脉氧", "%"),
    ("systolic_pressure", "Systolic blood pressure|SBP", "收缩压", "mm[Hg] kPa"),
    ("diastolic_pressure", "Diastolic blood pressure|DBP", "舒张压", "mm[Hg] kPa"),
    (
        "left_ventricular_ejection_fraction",
        "Left ventricular ejection fraction|LVEF",
        "左室射血分数|左心室射血分数",
        "%",
    ),
    # blood counts
    (
        "absolute_neutrophil_count",
        "Absolute neutrophil count|ANC|neutrophils|neutrophil count|neutrophil",
        "中性粒细胞绝对值|中性粒细胞计数|中性粒细胞",
        "10*9/L 10*3/uL /uL",
    ),
    (
        "absolute_lymphocyte_count",
        "Absolute lymphocyte count|ALC|lymphocytes|lymphocyte count",
        "淋巴细胞绝对值|淋巴细胞计数|淋巴细胞",
        "10*9/L 10*3/uL /uL",
    ),
    (
        "white_cell_count",
        "White cell count|WBC|white blood cells|white blood cell count|leukocytes|leucocytes",
        "白细胞计数|白细胞",
        "10*9/L 10*3/uL /uL",
    ),
    (
        "eosinophil_count",
        "Eosinophil count|eosinophils|absolute eosinophil count",
        "嗜酸性粒细胞计数|嗜酸性粒细胞",
        "10*9/L 10*3/uL /uL",
    ),
    ("monocyte_count", "Monocyte count|monocytes", "单核细胞计数|单核细胞", "10*9/L 10*3/uL /uL"),
    ("platelet_count", "Platelet count|PLT|platelets|platelet", "血小板计数|血小板", "10*9/L 10*3/uL 10*4/uL /uL"),
    ("red_cell_count", "Red cell count|RBC|red blood cells|erythrocytes", "红细胞计数|红细胞", "10*12/L 10*6/uL"),
    ("cd4_count", "CD4 count|CD4+ T cells|CD4 cells", "CD4计数|CD4+T细胞|CD4+T细胞计数", "/uL 10*6/L 10*9/L"),
    ("reticulocyte_count", "Reticulocyte count|reticulocytes", "网织红细胞计数|网织红细胞", "10*9/L"),
    ("haemoglobin", "Haemoglobin|hemoglobin|Hb|HGB|Hgb", "血红蛋白", "g/L g/dL mmol/L"),
    ("haematocrit", "Haematocrit|hematocrit|Hct", "红细胞压积", "% L/L"),
    ("blasts", "Blasts|blast share", "原始细胞|幼稚细胞|原始细胞比例", "%"),
    # chemistry
    (
        "serum_creatinine",
        "Serum creatinine|creatinine|SCr|blood creatinine",
        "血肌酐|肌酐|血清肌酐",
        "umol/L mg/dL {xULN}",
    ),
    ("creatinine_clearance", "Creatinine clearance|CrCl|CCr", "肌酐清除率", "mL/min mL/min/{1.73_m2}"),
    ("egfr", "Estimated glomerular filtration rate|eGFR", "估算肾小球滤过率|肾小球滤过率", "mL/min/{1.73_m2} mL/min"),
    ("urea", "Urea|serum urea|blood urea", "尿素|血尿素", "mmol/L mg/dL"),
    ("urea_nitrogen", "Urea nitrogen|BUN|blood urea nitrogen", "尿素氮|血尿素氮", "mmol/L mg/dL"),
    (
        "total_bilirubin",
        "Total bilirubin|bilirubin|TBIL|T-BIL|blood bilirubin",
        "总胆红素|胆红素|血胆红素",
        "umol/L mg/dL {xULN}",
    ),
    ("direct_bilirubin", "Direct bilirubin|DBIL|conjugated bilirubin", "直接胆红素|结合胆红素", "umol/L mg/dL {xULN}"),
    ("alt", "Alanine aminotransferase|ALT|GPT|SGPT", "丙氨酸氨基转移酶|谷丙转氨酶", "U/L ukat/L {xULN}"),
    (
        "ast",
        "Aspartate aminotransferase|AST|GOT|SGOT",
        "天门冬氨酸氨基转移酶|天冬氨酸氨基转移酶|谷草转氨酶",
        "U/L ukat/L {xULN}",
    ),
    ("alp", "Alkaline phosphatase|ALP", "碱性磷酸酶", "U/L ukat/L {xULN}"),
    (
        "ggt",
        "Gamma-glutamyltransferase|GGT|gamma GT",
        "γ-谷氨酰转移酶|谷氨酰转移酶|γ-谷氨酰转肽酶",
        "U/L ukat/L {xULN}",
    ),
    ("ldh", "Lactate dehydrogenase|LDH", "乳酸脱氢酶", "U/L ukat/L {xULN}"),
    ("creatine_kinase", "Creatine kinase|CK|CPK", "肌酸激酶", "U/L ukat/L {xULN}"),
    ("lipase", "Lipase", "脂肪酶", "U/L ukat/L {xULN}"),
    ("amylase", "Amylase|serum amylase", "淀粉酶", "U/L ukat/L {xULN}"),
    ("albumin", "Albumin|ALB|serum albumin", "白蛋白|血清白蛋白", "g/L g/dL"),
    ("glucose", "Glucose|blood glucose", "血糖|葡萄糖", "mmol/L mg/dL"),
    ("calcium", "Calcium|serum calcium|total calcium", "钙|血钙", "mmol/L mg/dL meq/L"),
    ("corrected_calcium", "Corrected calcium|albumin-corrected calcium", "校正钙", "mmol/L mg/dL"),
    ("ionized_calcium", "Ionized calcium|ionised calcium", "离子钙|游离钙", "mmol/L mg/dL"),
    ("magnesium", "Magnesium|serum magnesium", "镁|血镁", "mmol/L mg/dL meq/L"),
    ("potassium", "Potassium|serum potassium", "钾|血钾", "mmol/L meq/L"),
    ("sodium", "Sodium|serum sodium", "钠|血钠", "mmol/L meq/L"),
    ("phosphate", "Phosphate|phosphorus|inorganic phosphate", "磷|血磷|无机磷", "mmol/L mg/dL"),
    ("urate", "Urate|uric acid", "尿酸|血尿酸", "umol/L mg/dL"),
    ("lactate", "Lactate|blood lactate", "乳酸|血乳酸", "mmol/L mg/dL"),
    ("cholesterol", "Cholesterol|total cholesterol", "胆固醇|总胆固醇", "mmol/L mg/dL"),
    ("triglycerides", "Triglycerides|TG", "甘油三酯|三酰甘油", "mmol/L mg/dL"),
    ("ph", "Blood pH|pH", "血pH值|酸碱度", "[pH]"),
    ("tsh", "Thyroid stimulating hormone|TSH|thyrotropin", "促甲状腺激素", "m[iU]/L u[iU]/mL"),
    # inflammation, coagulation
    ("crp", "C-reactive protein|CRP|hs-CRP", "C反应蛋白|C-反应蛋白|超敏C反应蛋白", "mg/L mg/dL"),
    ("ferritin", "Ferritin|serum ferritin", "铁蛋白|血清铁蛋白", "ug/L ng/mL"),
    ("il6", "Interleukin-6|IL-6|IL6", "白细胞介素-6|白介素-6", "pg/mL ng/L"),
    ("procalcitonin", "Procalcitonin|PCT", "降钙素原", "ng/mL ug/L"),
    (
        "soluble_il2_receptor",
        "Soluble IL-2 receptor|sIL-2R|sCD25|soluble CD25",
        "可溶性IL-2受体|可溶性CD25",
        "U/mL pg/mL",
    ),
    ("fibrinogen", "Fibrinogen|FIB", "纤维蛋白原", "g/L mg/dL"),
    ("d_dimer", "D-dimer", "D-二聚体", "mg/L{FEU} ng/mL{FEU} mg/L{DDU}"),
    ("prothrombin_time", "Prothrombin time", "凝血酶原时间", "s"),
    ("aptt", "Activated partial thromboplastin time|APTT|aPTT", "活化部分凝血活酶时间", "s {xULN}"),
    ("inr", "INR|international normalised ratio|international normalized ratio", "国际标准化比值", "1"),
    ("troponin_t", "Troponin T|hs-TnT", "肌钙蛋白T|高敏肌钙蛋白T", "ng/L ng/mL"),
    ("nt_probnp", "NT-proBNP", "N末端B型钠尿肽前体", "ng/L pg/mL"),
    # immunoglobulins, myeloma
    ("igg", "Immunoglobulin G|IgG", "免疫球蛋白G", "g/L mg/dL"),
    (
        "serum_m_protein",
        "Serum M protein|M protein|monoclonal protein|paraprotein",
        "血清M蛋白|M蛋白|单克隆免疫球蛋白",
        "g/L g/dL",
    ),
    ("urine_m_protein", "Urine M protein|urine monoclonal protein", "尿M蛋白|24小时尿M蛋白", "mg/d g/d"),
    ("free_light_chain", "Free light chain|FLC|serum free light chain", "游离轻链|血清游离轻链", "mg/L mg/dL"),
    ("beta2_microglobulin", "Beta-2 microglobulin|β2-microglobulin|B2M", "β2微球蛋白", "mg/L ug/mL"),
    # other tests
    ("ca125", "CA-125|cancer antigen 125", "糖类抗原125", "U/mL k[iU]/L"),
    ("psa", "Prostate-specific antigen|PSA", "前列腺特异性抗原", "ng/mL ug/L"),
    ("afp", "Alpha-fetoprotein|AFP", "甲胎蛋白", "ng/mL ug/L"),
    ("testosterone", "Testosterone", "睾酮", "nmol/L ng/dL"),
    ("hepatitis_b_dna", "Hepatitis B DNA|HBV DNA", "乙肝病毒DNA|乙肝病毒DNA定量", "[iU]/mL {copies}/mL"),
    ("ebv_dna", "EBV DNA", "EB病毒DNA", "{copies}/mL [iU]/mL"),
    ("urine_protein_ratio", "Urine protein to creatinine ratio|UPCR", "尿蛋白肌酐比", "g/g mg/mmol"),
    (
        "transgene_copies",
        "Transgene copies|CAR transgene|CAR copies|vector copies",
        "转基因拷贝数|CAR拷贝数",
        "{copies}/ug {copies}/mL",
    ),
    (
        "car_positive_cells",
        "CAR-positive cells in blood|CAR-positive T cells",
        "外周血CAR阳性细胞|CAR阳性T细胞",
        "{cells}/uL %",
    ),
    ("b_cell_count", "B-cell count|B cells|CD19 B cells", "B细胞计数|B细胞", "/uL 10*9/L"),
    ("lesion_diameter", "Lesion diameter|sum of diameters", "病灶径线|靶病灶径线之和", "mm cm"),
)

#: Grams in a mole, where a mass is also stated as an amount of substance.
MOLAR_MASS: Final[Mapping[str, str]] = {
    "serum_creatinine": "113.12",
    "urea": "60.056",
    "urea_nitrogen": "28.014",
    "total_bilirubin": "584.66",
    "direct_bilirubin": "584.66",
    "glucose": "180.156",
    "calcium": "40.078",
    "corrected_calcium": "40.078",
    "ionized_calcium": "40.078",
    "magnesium": "24.305",
    "potassium": "39.098",
    "sodium": "22.990",
    "phosphate": "30.974",
    "urate": "168.11",
    "lactate": "90.08",
    "cholesterol": "386.65",
    "triglycerides": "885.4",
    "testosterone": "288.42",
    "haemoglobin": "16114.5",
}

#: Charge of the ion, for amounts in mEq/L.
CHARGE: Final[Mapping[str, int]] = {"sodium": 1, "potassium": 1, "calcium": 2, "ionized_calcium": 2, "magnesium": 2}

#: Enzymes: their IU is the U, 1 umol/min.
ENZYMES: Final = frozenset({"alt", "ast", "alp", "ggt", "ldh", "creatine_kinase", "lipase", "amylase"})

#: Lowest and highest value that can be, in the first unit of the row: scores and shares by definition, the others far beyond
#: what has been reported of a living person (own choice), so that only a slip of unit or of decimal point lies outside.
#: Without a row a number has no upper end; below zero lies none.
RANGES: Final[Mapping[str, tuple[str, str]]] = {
    "age": ("0", "130"),
    "ecog": ("0", "5"),
    "karnofsky": ("0", "100"),
    "body_temperature": ("25", "45"),
    "body_weight": ("0.2", "700"),
    "height": ("20", "280"),
    "absolute_neutrophil_count": ("0", "500"),
    "absolute_lymphocyte_count": ("0", "2000"),
    "white_cell_count": ("0", "2000"),
    "platelet_count": ("0", "10000"),
    "haemoglobin": ("0", "400"),
    "serum_creatinine": ("0", "5000"),
    "creatinine_clearance": ("0", "600"),
    "total_bilirubin": ("0", "2500"),
    "direct_bilirubin": ("0", "2500"),
    "albumin": ("0", "100"),
    "glucose": ("0", "200"),
    "calcium": ("0", "15"),
    "potassium": ("0", "25"),
    "sodium": ("50", "300"),
    "magnesium": ("0", "30"),
    "phosphate": ("0", "40"),
    "fibrinogen": ("0", "50"),
    "igg": ("0", "250"),
    "ph": ("0", "14"),
    **dict.fromkeys(
        (
            "left_ventricular_ejection_fraction",
            "oxygen_saturation",
            "target_antigen_positive_cells",
            "blasts",
            "haematocrit",
        ),
        ("0", "100"),
    ),
}

#: Conversions known but not yet held against their source; they are not made.
DOUBTFUL: Final[Mapping[str, str]] = {"afp": "1.21 ng per IU (WHO 72/225)"}
